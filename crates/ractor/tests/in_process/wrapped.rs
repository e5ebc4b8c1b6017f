//! `handle` called by hand: an actor that wraps another one.

use ractor::{Actor, ActorProcessingErr, ActorRef};
use traced_actor::testkit::{self, assert_tree};
use traced_actor::traced_actor;

use crate::guild::{Guild, GuildMessage, Members};
use crate::{caused, note, spawn};

struct Outer {
    inner: Guild,
    /// An actor that has ended.
    dead: ActorRef<GuildMessage>,
}

#[traced_actor(ractor)]
impl Actor for Outer {
    type Msg = GuildMessage;
    type State = Members;
    type Arguments = ();

    async fn pre_start(&self, _: ActorRef<Self::Msg>, (): ()) -> Result<Members, ActorProcessingErr> {
        Ok(Members::default())
    }

    async fn handle(
        &self,
        myself: ActorRef<Self::Msg>,
        mut message: Self::Msg,
        members: &mut Members,
    ) -> Result<(), ActorProcessingErr> {
        assert!(self.dead.cast(note("lost")).is_err());
        if let GuildMessage::Note { text } = &mut message {
            text.push('!');
        }
        self.inner.handle(myself, message, members).await
    }
}

#[tokio::test]
async fn a_direct_call_goes_on_with_what_its_caller_works_on() {
    let spans = testkit::record();
    let dead = spawn(None).await;
    dead.stop_and_wait(None, None).await.unwrap();
    let outer = Outer { inner: Guild { council: None }, dead };
    let outer = Actor::spawn(None, outer, ()).await.unwrap().0;
    caused(async { outer.cast(note("one")) }).await.unwrap();
    outer.cast(GuildMessage::Join(2)).unwrap();
    spans.ended("Outer/Join", 1).await;
    assert_tree!(
        spans,
        "
        Cause/Cause
          Outer/Write
            Guild/Write
        Outer/Join user=2
          Guild/Join user=2
        "
    );
}
