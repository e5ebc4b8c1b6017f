//! An actor's own work: messages to itself, futures, timers and streams.

use std::time::Duration;

use actix::clock::{Instant, sleep};
use actix::prelude::*;
use traced_actor::actor::within;
use traced_actor::context::MessageContext;
use traced_actor::testkit::{self, Recording, assert_tree};
use traced_actor::traced_actor;
use traced_actor_actix::Context;

use crate::guild::{Guild, Join};
use crate::{caused, run};

/// Does one kind of work for each message, and reports it to the guild.
struct Worker(Addr<Guild>);

#[traced_actor(actix)]
impl Actor for Worker {
    type Context = Context<Self>;
}

#[traced_actor(actix)]
#[derive(Clone, Copy)]
enum Work {
    Notify,
    NotifyLater,
    Spawn,
    Wait,
    SpawnApart,
    LocalTask,
    Later,
    Interval,
    IntervalAt,
    Stream,
    StreamByTrait,
    MessageStream,
    Told,
}

impl Message for Work {
    type Result = ();
}

const SOON: Duration = Duration::from_millis(1);

/// Returns a stream of one item.
fn one<T: Unpin + 'static>(item: T) -> impl Stream<Item = T> + 'static {
    struct One<T>(Option<T>);

    impl<T: Unpin> Stream for One<T> {
        type Item = T;

        fn poll_next(
            mut self: std::pin::Pin<&mut Self>,
            _: &mut std::task::Context<'_>,
        ) -> std::task::Poll<Option<T>> {
            std::task::Poll::Ready(self.0.take())
        }
    }

    One(Some(item))
}

impl Handler<Work> for Worker {
    type Result = ();

    fn handle(&mut self, work: Work, context: &mut Context<Self>) {
        let guild = self.0.clone();
        let tell = |this: &mut Self, _: &mut Context<Self>| this.0.do_send(Join(1));
        match work {
            Work::Notify => context.notify(Work::Told),
            Work::NotifyLater => drop(context.notify_later(Work::Told, SOON)),
            Work::Spawn => {
                let later = sleep(SOON).into_actor(self);
                later.map(|(), this, _| this.0.do_send(Join(1))).spawn(context);
            }
            Work::Wait => {
                let later = sleep(SOON).into_actor(self);
                later.map(|(), this, _| this.0.do_send(Join(1))).wait(context);
            }
            Work::SpawnApart => {
                let work = async move { guild.do_send(Join(1)) };
                context.spawn(within(MessageContext::ABSENT, work).into_actor(self));
            }
            Work::LocalTask => drop(traced_actor::task::spawn_local(async move { guild.do_send(Join(1)) })),
            Work::Later => drop(context.run_later(SOON, tell)),
            Work::Interval => drop(context.run_interval(SOON, tell)),
            Work::IntervalAt => drop(context.run_interval_at(Instant::now(), SOON, tell)),
            Work::Stream => drop(context.add_stream(one(7_u64))),
            Work::StreamByTrait => drop(<Self as StreamHandler<u64>>::add_stream(one(7_u64), context)),
            Work::MessageStream => context.add_message_stream(one(Work::Told)),
            Work::Told => guild.do_send(Join(1)),
        }
    }
}

impl StreamHandler<u64> for Worker {
    fn handle(&mut self, item: u64, _: &mut Context<Self>) {
        self.0.do_send(Join(item));
    }

    fn finished(&mut self, _: &mut Context<Self>) {}
}

/// Lets the worker do it while it handles a message, until the guild receives the report.
fn done(work: Work) -> Recording {
    let spans = testkit::record();
    run(async {
        let worker = Worker(Guild::new().start()).start();
        caused(async { worker.send(work).await.unwrap() }).await;
        spans.ended("Guild/Join", 1).await;
    });
    spans
}

#[test]
fn a_message_to_itself_is_below_the_one_that_is_handled() {
    assert_tree!(
        done(Work::Notify),
        "
        Cause/Cause
          Worker/Notify
            Worker/Told
              Guild/Join
        "
    );
}

#[test]
fn a_future_that_is_spawned_goes_on_with_the_message() {
    assert_tree!(
        done(Work::Spawn),
        "
        Cause/Cause
          Worker/Spawn
            Guild/Join
        "
    );
}

#[test]
fn a_future_that_is_waited_for_goes_on_with_the_message() {
    assert_tree!(
        done(Work::Wait),
        "
        Cause/Cause
          Worker/Wait
            Guild/Join
        "
    );
}

#[test]
fn a_future_of_its_own_starts_traces() {
    assert_tree!(
        done(Work::SpawnApart),
        "
        Cause/Cause
          Worker/SpawnApart
        Guild/Join
        "
    );
}

#[test]
fn a_local_task_of_ours_goes_on_with_the_message() {
    assert_tree!(
        done(Work::LocalTask),
        "
        Cause/Cause
          Worker/LocalTask
            Guild/Join
        "
    );
}

#[test]
fn a_delayed_message_starts_a_trace() {
    assert_tree!(
        done(Work::NotifyLater),
        "
        Cause/Cause
          Worker/NotifyLater
        Worker/Told
          Guild/Join
        "
    );
}

#[test]
fn each_message_of_a_stream_starts_a_trace() {
    assert_tree!(
        done(Work::MessageStream),
        "
        Cause/Cause
          Worker/MessageStream
        Worker/Told
          Guild/Join
        "
    );
}

/// A timer does not continue the trace of the message that started it, which may have ended long ago.
#[test]
fn what_a_timer_sends_starts_a_trace() {
    for (work, name) in [
        (Work::Later, "Worker/Later"),
        (Work::Interval, "Worker/Interval"),
        (Work::IntervalAt, "Worker/IntervalAt"),
    ] {
        starts_a_trace(&done(work), name);
    }
}

#[test]
fn what_the_handler_of_a_stream_sends_starts_a_trace() {
    starts_a_trace(&done(Work::Stream), "Worker/Stream");
    starts_a_trace(&done(Work::StreamByTrait), "Worker/StreamByTrait");
}

fn starts_a_trace(spans: &Recording, by: &str) {
    let join = &spans.named("Guild/Join")[0];
    assert_eq!(join.parent, None, "{by}");
    assert_ne!(join.context.trace_id, spans.named(by)[0].context.trace_id, "{by}");
}
