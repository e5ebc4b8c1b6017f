//! Links, supervisors and what is left behind: no span of their own, and no trace of another's.

use kameo::error::Infallible;
use kameo::prelude::*;
use kameo::supervision::RestartPolicy;
use tokio::sync::mpsc;
use traced_actor::testkit::{self, assert_tree};
use traced_actor::traced_actor;
use traced_actor_kameo::failures;

use crate::guild::{Ask, Guild, Note};
use crate::{caused, spawn};

/// Tells the guild of every hook that kameo calls.
struct Witness {
    guild: ActorRef<Guild>,
}

#[traced_actor(kameo)]
impl Actor for Witness {
    type Args = ActorRef<Guild>;
    type Error = Infallible;

    async fn on_start(guild: Self::Args, _actor_ref: ActorRef<Self>) -> Result<Self, Infallible> {
        guild.tell(Note("started".into())).await.unwrap();
        Ok(Self { guild })
    }

    async fn on_link_died(
        &mut self,
        _: WeakActorRef<Self>,
        _: ActorId,
        _: ActorStopReason,
    ) -> Result<std::ops::ControlFlow<ActorStopReason>, Infallible> {
        self.guild.tell(Note("a link died".into())).await.unwrap();
        Ok(std::ops::ControlFlow::Continue(()))
    }

    async fn on_stop(&mut self, _: WeakActorRef<Self>, _: ActorStopReason) -> Result<(), Infallible> {
        self.guild.tell(Note("stopped".into())).await.unwrap();
        Ok(())
    }
}

#[tokio::test]
async fn hooks_handle_no_message() {
    let spans = testkit::record();
    let guild = spawn(None).await;
    let witness = caused(async { Witness::spawn(guild.clone()) }).await;
    witness.wait_for_startup().await;
    let linked = spawn(None).await;
    witness.link(&linked).await;
    let before = failures().link_deaths;
    caused(async { linked.tell(Ask::Panic).await }).await.unwrap();
    spans.ended("Guild/Note", 2).await;
    assert!(failures().link_deaths > before);
    witness.stop_gracefully().await.unwrap();
    witness.wait_for_shutdown().await;
    spans.ended("Guild/Note", 3).await;
    assert_tree!(
        spans,
        "
        Cause/Cause
        Cause/Cause
          Guild/Panic error=\"panic\"
        3 × Guild/Note (context lost)
        "
    );
}

/// A child that reports its start, and stops on request.
#[derive(Clone)]
struct Child(mpsc::UnboundedSender<()>);

#[traced_actor(kameo)]
impl Actor for Child {
    type Args = Self;
    type Error = Infallible;

    async fn on_start(child: Self, _: ActorRef<Self>) -> Result<Self, Infallible> {
        child.0.send(()).unwrap();
        Ok(child)
    }
}

#[traced_actor]
enum Tell {
    Panic,
    Ping,
}

#[traced_actor(kameo)]
impl Message<Tell> for Child {
    type Reply = ();

    async fn handle(&mut self, tell: Tell, _: &mut Context<Self, ()>) {
        match tell {
            Tell::Panic => panic!("as it was told"),
            Tell::Ping => {}
        }
    }
}

#[traced_actor(kameo)]
#[derive(Actor)]
struct Parent;

/// The restarted actor handles the messages that were left in the mailbox, each in its own trace.
#[tokio::test]
async fn an_actor_that_is_started_anew() {
    let spans = testkit::record();
    let (started, mut starts) = mpsc::unbounded_channel();
    let parent = Parent::spawn(Parent);
    let child =
        Child::supervise(&parent, Child(started)).restart_policy(RestartPolicy::Permanent).spawn().await;
    starts.recv().await.unwrap();
    child.wait_for_startup().await;
    let before = failures().restarts;
    caused(async { child.tell(Tell::Panic).await }).await.unwrap();
    caused(async { child.tell(Tell::Ping).await }).await.unwrap();
    starts.recv().await.unwrap();
    caused(async { child.tell(Tell::Ping).await }).await.unwrap();
    spans.ended("Child/Ping", 2).await;
    assert!(failures().restarts > before);
    assert_tree!(
        spans,
        "
        Cause/Cause
          Child/Panic error=\"panic\"
        2 × Cause/Cause
          Child/Ping
        "
    );
}

#[tokio::test]
async fn what_is_left_in_a_mailbox_is_counted() {
    let spans = testkit::record();
    let guild = spawn(None).await;
    guild.tell(Ask::Hang).await.unwrap();
    let before = failures().undelivered;
    for _ in 0..3 {
        guild.tell(Note("never read".into())).await.unwrap();
    }
    guild.kill();
    guild.wait_for_shutdown().await;
    assert!(failures().undelivered >= before + 3);
    assert_eq!(spans.named("Guild/Note"), []);
}

/// An actor on a separate thread.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_actor_on_a_thread() {
    let spans = testkit::record();
    let guild = Guild::spawn_in_thread(Guild::new(None));
    caused(async { guild.ask(Ask::Count).await }).await.unwrap();
    spans.ended("Guild/Count", 1).await;
    assert_tree!(
        spans,
        "
        Cause/Cause
          Guild/Count
        "
    );
}
