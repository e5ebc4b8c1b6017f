//! Each way that a message can take, under a sender that is sampled, one that is not, and one without a decision.

use std::time::Duration;

use actix::prelude::*;
use traced_actor::context::MessageContext;
use traced_actor::testkit::{self, Recording, assert_tree};
use traced_actor::{Envelope, traced_actor};
use traced_actor_actix::{Context, Supervisor, SyncArbiter, SyncContext};

use crate::guild::{Ask, Guild, Join};
use crate::{Cause, run};

/// The ways from a message to the guild.
#[derive(Clone, Copy, Debug)]
enum Way {
    Value,
    Boxed,
    OfActor,
    Atomic,
    Spawned,
    Waited,
    Notified,
    Threads,
}

const WAYS: [Way; 8] = [
    Way::Value,
    Way::Boxed,
    Way::OfActor,
    Way::Atomic,
    Way::Spawned,
    Way::Waited,
    Way::Notified,
    Way::Threads,
];

/// The ways to send a message to the first actor.
#[derive(Clone, Copy, Debug)]
enum Send {
    Do,
    Try,
    Ask,
    Recipient,
}

const SENDS: [Send; 4] = [Send::Do, Send::Try, Send::Ask, Send::Recipient];

/// The places where the first actor runs.
#[derive(Clone, Copy, Debug)]
enum Place {
    Here,
    Arbiter,
    Supervisor,
}

const PLACES: [Place; 3] = [Place::Here, Place::Arbiter, Place::Supervisor];

struct Relay {
    guild: Addr<Guild>,
    threads: Addr<Thread>,
}

#[traced_actor(actix)]
impl Actor for Relay {
    type Context = Context<Self>;
}

impl Supervised for Relay {}

#[traced_actor(actix)]
struct Go(Way);

impl Message for Go {
    type Result = ();
}

/// The handlers of one of the types of answers.
macro_rules! answer {
    ($message:ident, $result:ty, $guild:ident, $this:ident => $answer:expr) => {
        #[traced_actor(actix)]
        #[traced(name = "Go")]
        struct $message;

        impl Message for $message {
            type Result = ();
        }

        impl Handler<$message> for Relay {
            type Result = $result;

            fn handle(&mut self, _: $message, _: &mut Context<Self>) -> Self::Result {
                let ($guild, $this) = (self.guild.clone(), self);
                $answer
            }
        }
    };
}

async fn later(guild: Addr<Guild>) {
    actix::clock::sleep(Duration::from_millis(1)).await;
    guild.do_send(Join(1));
}

answer!(Boxed, ResponseFuture<()>, guild, _this => Box::pin(later(guild)));
answer!(OfActor, ResponseActFuture<Self, ()>, guild, this => Box::pin(later(guild).into_actor(this)));
answer!(Atomic, AtomicResponse<Self, ()>, guild, this => AtomicResponse::new(Box::pin(later(guild).into_actor(this))));

impl Handler<Go> for Relay {
    type Result = ();

    fn handle(&mut self, go: Go, context: &mut Context<Self>) {
        let guild = self.guild.clone();
        match go.0 {
            Way::Spawned => later(guild).into_actor(self).spawn(context),
            Way::Waited => later(guild).into_actor(self).wait(context),
            Way::Notified => context.notify(Told),
            Way::Threads => self.threads.do_send(Told),
            _ => guild.do_send(Join(1)),
        }
    }
}

#[traced_actor(actix)]
struct Told;

impl Message for Told {
    type Result = ();
}

impl Handler<Told> for Relay {
    type Result = ();

    fn handle(&mut self, _: Told, _: &mut Context<Self>) {
        self.guild.do_send(Join(1));
    }
}

struct Thread(Addr<Guild>);

#[traced_actor(actix, name = "Relay")]
impl Actor for Thread {
    type Context = SyncContext<Self>;
}

impl Handler<Told> for Thread {
    type Result = ();

    fn handle(&mut self, _: Told, _: &mut SyncContext<Self>) {
        self.0.do_send(Join(1));
    }
}

async fn sent<M>(relay: &Addr<Relay>, send: Send, message: M)
where
    M: traced_actor_actix::TracedMessage<Result = ()> + std::marker::Send + 'static,
    Relay: Handler<M>,
{
    match send {
        Send::Do => relay.do_send(message),
        Send::Try => relay.try_send(message).unwrap(),
        Send::Ask => relay.send(message).await.unwrap(),
        Send::Recipient => relay.clone().recipient().send(message).await.unwrap(),
    }
}

/// Lets a message go one way to the guild, and returns the spans once it is there.
fn gone(context: MessageContext, place: Place, send: Send, way: Way) -> Recording {
    let spans = testkit::record();
    // Kept by a sampler: the testkit keeps every message without a decision.
    let is_sampled = context.is_absent();
    run(async {
        let mut guild = Guild::new();
        let (arrived, mut arrivals) = tokio::sync::mpsc::unbounded_channel();
        guild.arrived = Some(arrived);
        let guild = guild.start();
        let arbiter = Arbiter::new();
        let threads = {
            let guild = guild.clone();
            SyncArbiter::start(1, move || Thread(guild.clone()))
        };
        let relay = {
            let guild = guild.clone();
            let relay = move |_: &mut Context<Relay>| Relay { guild, threads };
            match place {
                Place::Here => Relay::create(relay),
                Place::Arbiter => Relay::start_in_arbiter(&arbiter.handle(), relay),
                Place::Supervisor => Supervisor::start(relay),
            }
        };
        let (Cause, mut handling) = Envelope::new(Cause, context).open();
        let work = async {
            match way {
                Way::Boxed => sent(&relay, send, Boxed).await,
                Way::OfActor => sent(&relay, send, OfActor).await,
                Way::Atomic => sent(&relay, send, Atomic).await,
                way => sent(&relay, send, Go(way)).await,
            }
        };
        handling.run(work).await;
        handling.end_ok();
        arrivals.recv().await.unwrap();
        guild.send(Ask::Tick).await.unwrap().unwrap();
        if is_sampled {
            let told = usize::from(matches!(way, Way::Notified | Way::Threads));
            spans.ended("Relay/Go", 1).await;
            spans.ended("Relay/Told", told).await;
        }
        arbiter.stop();
    });
    spans
}

/// Calls a test for each case.
fn each(test: impl Fn(Place, Send, Way)) {
    for way in WAYS {
        for send in SENDS {
            test(Place::Here, send, way);
        }
        for place in PLACES {
            test(place, Send::Do, way);
        }
    }
}

#[test]
fn below_a_sender_that_is_sampled() {
    each(|place, send, way| {
        let spans = gone(MessageContext::ABSENT, place, send, way);
        match way {
            Way::Notified | Way::Threads => assert_tree!(
                spans,
                "
                Cause/Cause
                  Relay/Go
                    Relay/Told
                      Guild/Join
                "
            ),
            _ => assert_tree!(
                spans,
                "
                Cause/Cause
                  Relay/Go
                    Guild/Join
                "
            ),
        }
    });
}

#[test]
fn below_a_sender_that_is_not_sampled() {
    each(|place, send, way| {
        let spans = gone(MessageContext::UNSAMPLED, place, send, way);
        assert_eq!(spans.all().len(), 0, "{place:?} {send:?} {way:?}: {:?}", spans.all());
    });
}
