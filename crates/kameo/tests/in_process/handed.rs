//! Messages that are handed to a handler without kameo's mailbox between, and messages with their context in them.

use kameo::prelude::*;
use traced_actor::testkit::{self, assert_tree};
use traced_actor::{Envelope, traced_actor};
use traced_actor_kameo::{Enveloped, IntoEnveloped};

use crate::guild::{Ask, Note};
use crate::{caused, spawn};

#[tokio::test]
async fn a_message_with_its_context_in_it() {
    let spans = testkit::record();
    let guild = spawn(None).await;
    let (one, two, three) = caused(async {
        (
            Note("1".into()).enveloped(),
            Enveloped::from(Ask::Count),
            Envelope::capture(Ask::Notes { from: 0 }).into(),
        )
    })
    .await;
    guild.tell(one).await.unwrap();
    guild.ask(two).await.unwrap();
    guild.ask::<Enveloped<Ask>>(three).await.unwrap();
    spans.ended("Guild/Written", 1).await;
    assert_tree!(
        spans,
        "
        Cause/Cause
          Guild/Count
          Guild/Note
          Guild/Written
        "
    );
    let types = spans
        .all()
        .iter()
        .filter(|span| span.name != "Cause/Cause")
        .filter_map(|span| Some(span.attribute("actor.message.mode")?.to_string()))
        .collect::<Vec<_>>();
    assert_eq!(types, ["cast", "call", "call"]);
}

/// Handles a message by another handler of its own.
#[traced_actor(kameo)]
#[derive(Actor)]
struct Clerk {
    filed: u32,
}

struct File;
struct FileAll(u32);
/// An actor without the attribute: it has no span, and its messages start their own traces.
struct Plain;

#[traced_actor(kameo)]
impl Message<File> for Clerk {
    type Reply = ();

    async fn handle(&mut self, _: File, _: &mut Context<Self, ()>) {
        self.filed += 1;
    }
}

#[traced_actor(kameo)]
impl Message<FileAll> for Clerk {
    type Reply = ();

    async fn handle(&mut self, FileAll(files): FileAll, ctx: &mut Context<Self, ()>) {
        for _ in 0..files {
            tokio::task::yield_now().await;
            Message::handle(self, File, ctx).await;
        }
    }
}

impl Message<Plain> for Clerk {
    type Reply = u32;

    async fn handle(&mut self, _: Plain, _: &mut Context<Self, u32>) -> u32 {
        tokio::task::yield_now().await;
        self.filed
    }
}

#[tokio::test]
async fn a_direct_call_is_a_child_of_its_caller() {
    let spans = testkit::record();
    let clerk = Clerk::spawn(Clerk { filed: 0 });
    caused(async {
        assert_eq!(clerk.ask(Plain).await.unwrap(), 0);
        clerk.ask(FileAll(2)).await.unwrap();
        assert_eq!(clerk.ask(Plain).await.unwrap(), 2);
    })
    .await;
    spans.ended("Clerk/FileAll", 1).await;
    assert_tree!(
        spans,
        "
        Cause/Cause
          Clerk/FileAll
            2 × Clerk/File
        "
    );
    let files = spans.named("Clerk/File");
    assert!(files.iter().all(|file| file.attribute("actor.message.mode").is_none()), "nobody sent it");
}
