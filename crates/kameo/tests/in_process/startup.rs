//! Messages that come before their actor has started: kameo puts them aside, and each keeps its own trace.

use std::sync::Arc;

use kameo::error::Infallible;
use kameo::mailbox;
use kameo::prelude::*;
use tokio::sync::Semaphore;
use traced_actor::testkit::{self, assert_tree};
use traced_actor::traced_actor;

use crate::caused;

/// Starts when it is let.
struct Late {
    seen: Vec<u64>,
}

#[traced_actor(kameo)]
impl Actor for Late {
    type Args = Arc<Semaphore>;
    type Error = Infallible;

    async fn on_start(may: Self::Args, actor: ActorRef<Self>) -> Result<Self, Infallible> {
        // Sent by the actor itself: kameo does not put this one aside.
        actor.tell(Seen(0)).await.unwrap();
        may.acquire().await.unwrap().forget();
        Ok(Self { seen: Vec::new() })
    }
}

#[traced_actor]
#[traced(fields(number = _0))]
struct Seen(u64);

#[traced_actor(kameo)]
impl Message<Seen> for Late {
    type Reply = Vec<u64>;

    async fn handle(&mut self, Seen(number): Seen, ctx: &mut Context<Self, Vec<u64>>) -> Vec<u64> {
        self.seen.push(number);
        if number == 9 {
            ctx.stop();
        }
        self.seen.clone()
    }
}

/// Between them there are some without their own trace and some that nobody keeps, and one that the actor sends itself.
#[tokio::test]
async fn each_keeps_its_own_trace() {
    let spans = testkit::record();
    let may = Arc::new(Semaphore::new(0));
    let late = Late::spawn(may.clone());
    for number in 1..4 {
        caused(async { late.tell(Seen(number)).await }).await.unwrap();
    }
    late.tell(Seen(4)).await.unwrap();
    let asked = tokio::spawn(spans.scope().wrap({
        let late = late.clone();
        async move { caused(async { late.ask(Seen(5)).await.unwrap() }).await }
    }));
    tokio::task::yield_now().await;
    may.add_permits(1);
    let seen = asked.await.unwrap();
    assert_eq!(seen.len(), 6, "{seen:?}");
    caused(async { late.ask(Seen(6)).await }).await.unwrap();
    spans.ended("Late/Seen", 7).await;
    assert_tree!(
        spans,
        "
        Cause/Cause
          Late/Seen number=1
        Cause/Cause
          Late/Seen number=2
        Cause/Cause
          Late/Seen number=3
        Cause/Cause
          Late/Seen number=5
        Cause/Cause
          Late/Seen number=6
        Late/Seen number=0 (context lost)
        Late/Seen number=4
        "
    );
}

/// If the mailbox is full when the actor has started, kameo does not buffer messages, and does not report that.
#[tokio::test]
async fn with_a_full_mailbox() {
    let spans = testkit::record();
    let may = Arc::new(Semaphore::new(0));
    // The one that it sends itself, and this.
    let late = Late::spawn_with_mailbox(may.clone(), mailbox::bounded(2));
    caused(async { late.tell(Seen(1)).await }).await.unwrap();
    while late.mailbox_sender().capacity() != Some(0) {
        tokio::task::yield_now().await;
    }
    may.add_permits(1);
    caused(async { late.tell(Seen(2)).await }).await.unwrap();
    // A request by the handler to stop the actor reaches kameo as well.
    caused(async { late.ask(Seen(9)).await }).await.unwrap();
    late.wait_for_shutdown().await;
    spans.ended("Late/Seen", 4).await;
    assert_tree!(
        spans,
        "
        Cause/Cause
          Late/Seen number=1
        Cause/Cause
          Late/Seen number=2
        Cause/Cause
          Late/Seen number=9
        Late/Seen number=0 (context lost)
        "
    );
}

/// A handler's error that nobody waits for ends the actor, as it does without traces.
#[tokio::test]
async fn an_error_reaches_kameo() {
    #[traced_actor(kameo)]
    #[derive(Actor)]
    struct Fails;

    struct Fail;

    #[traced_actor(kameo)]
    impl Message<Fail> for Fails {
        type Reply = Result<(), std::fmt::Error>;

        async fn handle(&mut self, _: Fail, _: &mut Context<Self, Self::Reply>) -> Self::Reply {
            Err(std::fmt::Error)
        }
    }

    let spans = testkit::record();
    let fails = Fails::spawn(Fails);
    // It has not started.
    fails.tell(Fail).await.unwrap();
    fails.wait_for_shutdown().await;
    let reason = fails.get_shutdown_result().unwrap().unwrap();
    assert!(matches!(reason, ActorStopReason::Panicked(_)), "{reason:?}");
    let failed = &spans.ended("Fails/Fail", 1).await[0];
    assert_eq!(failed.attribute("error.type").unwrap().to_string(), "core::fmt::Error");
}
