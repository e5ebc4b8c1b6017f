//! Actors that have kameo's functions themselves: each is called as before.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use kameo::error::{Infallible, PanicError};
use kameo::mailbox::{MailboxReceiver, Signal};
use kameo::message::BoxMessage;
use kameo::prelude::*;
use kameo::reply::{BoxReplySender, ReplyError};
use traced_actor::sampling::AlwaysOff;
use traced_actor::testkit::{self, assert_tree};
use traced_actor::traced_actor;
use traced_actor_kameo::IntoEnveloped;
use tracing::field::Field;
use tracing::span::{Attributes, Id};
use tracing_subscriber::prelude::*;

use crate::caused;

struct Ping;

macro_rules! ping {
    ($actor:ident) => {
        #[traced_actor(kameo)]
        impl Message<Ping> for $actor {
            type Reply = u32;

            fn name() -> &'static str {
                "a ping"
            }

            async fn handle(&mut self, _: Ping, _: &mut Context<Self, u32>) -> u32 {
                self.0
            }
        }
    };
}

/// Takes signals out itself, and counts its panics.
struct Own(u32);

#[traced_actor(kameo)]
impl Actor for Own {
    type Args = ();
    type Error = Infallible;

    async fn on_start((): (), _: ActorRef<Self>) -> Result<Self, Self::Error> {
        Ok(Self(0))
    }

    async fn next(
        &mut self,
        _: WeakActorRef<Self>,
        mailbox: &mut MailboxReceiver<Self>,
    ) -> Result<Option<Signal<Self>>, Infallible> {
        let mut every = tokio::time::interval(Duration::from_secs(3600));
        loop {
            tokio::select! {
                signal = mailbox.recv() => {
                    self.0 += 1;
                    return Ok(signal);
                }
                _ = every.tick() => {}
            }
        }
    }

    async fn on_panic(
        &mut self,
        _: WeakActorRef<Self>,
        _: PanicError,
    ) -> Result<std::ops::ControlFlow<ActorStopReason>, Infallible> {
        Ok(std::ops::ControlFlow::Continue(()))
    }
}

ping!(Own);

#[tokio::test]
async fn a_next_of_its_own() {
    let spans = testkit::record();
    let own = Own::spawn(());
    let count = caused(async {
        own.ask(Ping).await.unwrap();
        own.ask(Ping).await.unwrap()
    })
    .await;
    // The start is a signal as well.
    assert_eq!(count, 3);
    spans.ended("Own/Ping", 2).await;
    assert_tree!(
        spans,
        "
        Cause/Cause
          2 × Own/Ping
        "
    );
}

/// Puts every message aside, and handles those that came before at the next.
struct Stash(u32, Vec<(BoxMessage<Self>, Option<BoxReplySender>)>);

#[traced_actor(kameo)]
impl Actor for Stash {
    type Args = ();
    type Error = Infallible;

    async fn on_start((): (), _: ActorRef<Self>) -> Result<Self, Self::Error> {
        Ok(Self(0, Vec::new()))
    }

    async fn on_message(
        &mut self,
        message: BoxMessage<Self>,
        actor: ActorRef<Self>,
        reply: Option<BoxReplySender>,
        stop: &mut bool,
    ) -> Result<(), Box<dyn ReplyError>> {
        self.1.push((message, reply));
        if self.1.len() == 2 {
            for (message, reply) in std::mem::take(&mut self.1) {
                message.handle_dyn(self, actor.clone(), reply, stop).await?;
            }
        }
        Ok(())
    }
}

ping!(Stash);

/// Only the actor knows which message it handles next: a message without a context starts a trace, and never takes
/// another message's.
#[tokio::test]
async fn an_on_message_of_its_own() {
    let spans = testkit::record();
    let stash = Stash::spawn(());
    stash.wait_for_startup().await;
    for _ in 0..2 {
        caused(async { stash.tell(Ping).await }).await.unwrap();
    }
    for _ in 0..2 {
        caused(async { stash.tell(Ping.enveloped()).await }).await.unwrap();
    }
    spans.ended("Stash/Ping", 4).await;
    assert_tree!(
        spans,
        "
        2 × Cause/Cause
        2 × Cause/Cause
          Stash/Ping
        2 × Stash/Ping (context lost)
        "
    );
}

/// The names of the messages in kameo's own spans of its handlers.
#[derive(Clone, Default)]
struct Names(Arc<Mutex<Vec<String>>>);

impl<S: tracing::Subscriber> tracing_subscriber::Layer<S> for Names {
    fn on_new_span(&self, span: &Attributes<'_>, _: &Id, _: tracing_subscriber::layer::Context<'_, S>) {
        span.record(&mut |field: &Field, value: &dyn std::fmt::Debug| {
            if field.name() == "message" {
                self.0.lock().unwrap().push(format!("{value:?}"));
            }
        });
    }
}

/// The text that stands for a context is taken out again before kameo shows it.
#[tokio::test]
async fn kameo_s_own_spans_have_the_messages_names() {
    let names = Names::default();
    // With one subscriber alone, tracing asks the thread that is first at a call site whether anybody listens, and that
    // may be another test's.
    let _second = tracing::Dispatch::new(tracing_subscriber::registry());
    let _subscriber = tracing_subscriber::registry().with(names.clone()).set_default();
    let own = Own::spawn(());
    own.wait_for_startup().await;
    // No decision was made; it is sampled; it is not.
    own.ask(Ping).await.unwrap();
    let spans = testkit::record();
    caused(async { own.ask(Ping).await }).await.unwrap();
    drop(spans);
    let _spans = testkit::record_sampled(AlwaysOff);
    caused(async { own.ask(Ping).await }).await.unwrap();
    assert_eq!(*names.0.lock().unwrap(), ["\"a ping\""; 3]);
}
