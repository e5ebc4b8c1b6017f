//! `tell`, `ask` and the options of the attributes.

use std::time::Duration;

use kameo::error::SendError;
use kameo::prelude::*;
use traced_actor::record::FinishedSpan;
use traced_actor::testkit::{self, assert_tree};
use traced_actor::traced_actor;

use crate::guild::{Ask, Guild, Join, Note};
use crate::{caused, spawn, stop};

fn text(span: &FinishedSpan, name: &str) -> Option<String> {
    span.attribute(name).map(ToString::to_string)
}

#[tokio::test]
async fn a_message_s_span_is_below_its_sender_s() {
    let spans = testkit::record();
    let council = spawn(None).await;
    let guild = spawn(Some(council)).await;
    guild.tell(Join { user: 7 }).await.unwrap();
    spans.ended("Guild/Note", 1).await;
    assert_tree!(
        spans,
        "
        Guild/Join user=7
          Guild/Note
        "
    );
}

/// Every way in which an actor's reference sends.
#[tokio::test]
async fn however_it_is_told_and_asked() {
    let spans = testkit::record();
    let guild = spawn(None).await;
    let note = || Note("one".into());
    caused(async {
        guild.tell(note()).await.unwrap();
        guild.tell(note()).send().await.unwrap();
        guild.tell(note()).mailbox_timeout(Duration::from_secs(60)).send().await.unwrap();
        guild.tell(note()).try_send().unwrap();
        guild.ask(Ask::Count).await.unwrap();
        guild.ask(Ask::Count).reply_timeout(Duration::from_secs(60)).send().await.unwrap();
        guild.ask(Ask::Count).try_send().await.unwrap();
        guild.ask(Ask::Count).enqueue().await.unwrap().await.unwrap();
        guild.ask(Ask::Count).try_enqueue().unwrap().await.unwrap();
    })
    .await;
    spans.ended("Guild/Count", 5).await;
    assert_tree!(
        spans,
        "
        Cause/Cause
          5 × Guild/Count
          4 × Guild/Note
        "
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn blocking_sends() {
    let spans = testkit::record();
    let guild = spawn(None).await;
    let (asked, scope) = (guild.clone(), spans.scope());
    let work = move || {
        let _entered = scope.enter();
        let (cause, mut handling) = traced_actor::Envelope::capture(crate::caused::Cause).open();
        let entered = handling.enter();
        asked.tell(Note("one".into())).blocking_send().unwrap();
        asked.ask(Ask::Count).blocking_send().unwrap();
        drop((entered, cause));
    };
    std::thread::spawn(work).join().unwrap();
    spans.ended("Guild/Count", 1).await;
    assert_tree!(
        spans,
        "
        Cause/Cause
          Guild/Count
          Guild/Note
        "
    );
}

/// The request is made in one span and sent in another: it belongs to the one that made it.
#[tokio::test]
async fn a_request_belongs_to_who_made_it() {
    let spans = testkit::record();
    let guild = spawn(None).await;
    let request = caused(async { guild.tell(Note("one".into())) }).await;
    request.send().await.unwrap();
    spans.ended("Guild/Note", 1).await;
    assert_tree!(
        spans,
        "
        Cause/Cause
          Guild/Note
        "
    );
}

#[tokio::test]
async fn whether_it_was_told_or_asked_is_on_the_span() {
    let spans = testkit::record();
    let guild = spawn(None).await;
    guild.tell(Note("one".into())).await.unwrap();
    assert_eq!(guild.ask(Ask::Notes { from: 0 }).await.unwrap(), "one");
    spans.ended("Guild/Written", 1).await;
    let types =
        |name| spans.named(name).iter().map(|span| text(span, "actor.message.mode")).collect::<Vec<_>>();
    assert_eq!(types("Guild/Note"), [Some("cast".to_owned())]);
    assert_eq!(types("Guild/Written"), [Some("call".to_owned())]);
}

#[tokio::test]
async fn how_the_handler_ended_is_on_the_span() {
    let spans = testkit::record();
    spawn(None).await.tell(Ask::Panic).await.unwrap();
    let guild = spawn(None).await;
    guild.tell(Ask::Hang).await.unwrap();
    let waits = guild.ask(Ask::Count).reply_timeout(Duration::from_millis(10)).await;
    assert!(matches!(waits, Err(SendError::Timeout(_))));
    guild.kill();
    let panicked = &spans.ended("Guild/Panic", 1).await[0];
    assert_eq!(text(panicked, "error.type").as_deref(), Some("panic"));
    let killed = &spans.ended("Guild/Hang", 1).await[0];
    assert_eq!(text(killed, "error.type").as_deref(), Some("cancelled"));
    assert_eq!(spans.named("Guild/Count").len(), 0, "nobody handled it");
}

/// A tick has no span, and what its handling sends is below the span of who sent the tick.
#[tokio::test]
async fn a_kind_can_be_skipped() {
    let spans = testkit::record();
    let guild = spawn(Some(spawn(None).await)).await;
    caused(async { guild.tell(Ask::Tick).await }).await.unwrap();
    spans.ended("Guild/Note", 1).await;
    assert_tree!(
        spans,
        "
        Cause/Cause
          Guild/Note
        "
    );
}

/// Every option of an actor, and kameo's own name of it.
#[traced_actor(kameo, name = "Continues", start = never)]
#[derive(Actor)]
#[actor(name = "follower")]
struct Follower(ActorRef<Guild>);

struct Begin;

#[traced_actor(kameo)]
impl Message<Begin> for Follower {
    type Reply = Result<u64, std::fmt::Error>;

    async fn handle(&mut self, Begin: Begin, _ctx: &mut Context<Self, Self::Reply>) -> Self::Reply {
        self.0.tell(Note("begun".into())).await.map_err(|_| std::fmt::Error)?;
        Ok(1)
    }
}

#[tokio::test]
async fn an_actor_can_continue_traces_and_start_none() {
    let spans = testkit::record();
    let guild = spawn(None).await;
    let follower = Follower::spawn(Follower(guild.clone()));
    assert_eq!(<Follower as Actor>::name(), "follower");
    follower.ask(Begin).await.unwrap();
    caused(async { follower.ask(Begin).await }).await.unwrap();
    assert_eq!(guild.ask(Ask::Notes { from: 0 }).await.unwrap(), "begun;begun");
    spans.ended("Guild/Written", 1).await;
    assert_tree!(
        spans,
        "
        Cause/Cause
          Continues/Begin
            Guild/Note
        Guild/Written
        "
    );
}

/// A sender that decided against a trace is not asked again, and nothing of it is recorded.
#[tokio::test]
async fn what_is_not_sampled_stays_so() {
    let spans = testkit::record_sampled(traced_actor::sampling::AlwaysOff);
    let guild = spawn(Some(spawn(None).await)).await;
    guild.tell(Join { user: 1 }).await.unwrap();
    assert_eq!(guild.ask(Ask::Count).await.unwrap(), "1");
    stop(&guild).await;
    assert_eq!(spans.all(), []);
}

/// kameo gives the message back, and the context of it is nobody's.
#[tokio::test]
async fn a_failed_send_leaves_nothing_behind() {
    let spans = testkit::record();
    let guild = spawn(None).await;
    let dead = spawn(None).await;
    stop(&dead).await;
    caused(async { assert!(dead.tell(Note("lost".into())).await.is_err()) }).await;
    guild.tell(Note("two".into())).await.unwrap();
    spans.ended("Guild/Note", 1).await;
    assert_tree!(
        spans,
        "
        Cause/Cause
        Guild/Note
        "
    );
}

/// A fan-out is thinned out to its budget, and each of the others is settled as well.
#[tokio::test]
async fn a_fan_out_is_thinned_out() {
    let spans = testkit::record();
    let mut guilds = Vec::new();
    for _ in 0..40 {
        guilds.push(spawn(Some(spawn(None).await)).await);
    }
    caused(async {
        let fanout = traced_actor::fanout(guilds.len());
        let send = async {
            for guild in &guilds {
                guild.tell(Join { user: 1 }).await.unwrap();
            }
        };
        fanout.run(send).await;
    })
    .await;
    for guild in &guilds {
        stop(guild).await;
    }
    assert_eq!(spans.named("Guild/Join").len(), 10, "the budget of a fan-out");
    spans.ended("Guild/Note", 10).await;
    let roots = spans.all().iter().filter(|span| span.parent.is_none()).count();
    assert_eq!(roots, 1, "what was not chosen starts nothing");
}
