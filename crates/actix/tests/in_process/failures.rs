//! Failures that actix reports are recorded on the sender's span, and counted.

use std::error::Error;
use std::time::Duration;

use actix::prelude::*;
use traced_actor::{counters, testkit, traced_actor};
use traced_actor_actix::{Context, RecordFailure};

use crate::guild::{Guild, Join};
use crate::{ended, run};

/// Sends to one that has ended, to one without room, and to one that never answers.
struct Sender {
    dead: Addr<Guild>,
    full: Addr<Deaf>,
}

#[traced_actor(actix)]
impl Actor for Sender {
    type Context = Context<Self>;
}

/// Handles no message, since it waits for a future that is never done.
struct Deaf;

#[traced_actor(actix)]
impl Actor for Deaf {
    type Context = Context<Self>;

    fn started(&mut self, context: &mut Context<Self>) {
        std::future::pending().into_actor(self).wait(context);
    }
}

impl Handler<Join> for Deaf {
    type Result = ();

    fn handle(&mut self, _: Join, _: &mut Context<Self>) {}
}

/// The errand for one type of error.
macro_rules! errand {
    ($errand:ident, $error:ty, $this:ident => $work:expr) => {
        #[traced_actor(actix)]
        struct $errand;

        impl Message for $errand {
            type Result = Result<(), $error>;
        }

        impl Handler<$errand> for Sender {
            type Result = ResponseActFuture<Self, Result<(), $error>>;

            fn handle(&mut self, _: $errand, _: &mut Context<Self>) -> Self::Result {
                let $this = (self.dead.clone(), self.full.clone());
                Box::pin($work.into_actor(self))
            }
        }
    };
}

const SOON: Duration = Duration::from_millis(1);

errand!(Try, SendError<Join>, this => async move { this.0.try_send(Join(1)) });
errand!(AskDead, MailboxError, this => async move { this.0.send(Join(1)).await });
errand!(AskDeaf, MailboxError, this => async move { this.1.clone().send(Join(1)).timeout(SOON).await });
errand!(Boxed, Box<dyn Error + Send + Sync>, this => async move { Ok(this.0.send(Join(1)).await?) });
errand!(Other, Box<dyn Error + Send + Sync>, this => async move { drop(this); Err("of our own".into()) });
errand!(TryAndGoOn, String, this => async move {
    assert!(this.0.try_send(Join(1)).record_failure().is_err());
    Ok(())
});
errand!(AskDeafAndGoOn, String, this => async move {
    assert!(this.1.clone().send(Join(1)).timeout(SOON).await.record_failure().is_err());
    Ok(())
});

#[traced_actor(actix)]
enum TryFull {
    GiveUp,
    #[traced(name = "TryFullAndGoOn")]
    GoOn,
}

impl Message for TryFull {
    type Result = Result<(), SendError<Join>>;
}

/// actix takes one message beyond the capacity of each address, so that the second by the same one is refused.
impl Handler<TryFull> for Sender {
    type Result = Result<(), SendError<Join>>;

    fn handle(&mut self, how: TryFull, _: &mut Context<Self>) -> Self::Result {
        let _ = self.full.try_send(Join(1));
        let refused = self.full.try_send(Join(2));
        match how {
            TryFull::GiveUp => refused,
            TryFull::GoOn => {
                assert!(refused.record_failure().is_err());
                Ok(())
            }
        }
    }
}

#[traced_actor(actix)]
struct Panics;

impl Message for Panics {
    type Result = ();
}

impl Handler<Panics> for Sender {
    type Result = ();

    fn handle(&mut self, _: Panics, _: &mut Context<Self>) {
        panic!("as told");
    }
}

#[test]
fn a_failure_is_on_the_span_of_who_sent_and_counted() {
    let spans = testkit::record();
    let count = |of: &str| counters().failures.get(of).copied().unwrap_or(0);
    let before = ["not_running", "mailbox_full", "timeout", "stopped"].map(count);
    run(async {
        let dead = Guild::create(|context| {
            context.stop();
            Guild::new()
        });
        ended(&dead).await;
        let full = Deaf::create(|context| {
            context.set_mailbox_capacity(1);
            Deaf
        });
        let sender = Sender { dead, full: full.clone() }.start();
        sender.send(AskDeaf).await.unwrap().unwrap_err();
        sender.send(AskDeafAndGoOn).await.unwrap().unwrap();
        sender.send(TryFull::GiveUp).await.unwrap().unwrap_err();
        sender.send(TryFull::GoOn).await.unwrap().unwrap();
        sender.send(Try).await.unwrap().unwrap_err();
        sender.send(AskDead).await.unwrap().unwrap_err();
        sender.send(Boxed).await.unwrap().unwrap_err();
        sender.send(Other).await.unwrap().unwrap_err();
        sender.send(TryAndGoOn).await.unwrap().unwrap();
        // Its actor ends with it.
        assert_eq!(sender.send(Panics).await, Err(MailboxError::Closed));
    });
    for (name, error_type) in [
        ("Sender/Try", "not_running"),
        ("Sender/TryAndGoOn", "not_running"),
        ("Sender/GiveUp", "mailbox_full"),
        ("Sender/TryFullAndGoOn", "mailbox_full"),
        ("Sender/AskDead", "stopped"),
        ("Sender/AskDeaf", "timeout"),
        ("Sender/AskDeafAndGoOn", "timeout"),
        ("Sender/Boxed", "stopped"),
        ("Sender/Panics", "panic"),
        (
            "Sender/Other",
            "alloc::boxed::Box<dyn core::error::Error + core::marker::Send + core::marker::Sync>",
        ),
    ] {
        let span = &spans.named(name)[0];
        let found = span.attribute("error.type").map(ToString::to_string);
        assert_eq!(found.as_deref(), Some(error_type), "{name}");
        assert_eq!(span.error.is_some(), !name.ends_with("GoOn"), "{name}: who goes on has not failed");
    }
    let after = ["not_running", "mailbox_full", "timeout", "stopped"].map(count);
    let grown: Vec<u64> = after.iter().zip(before).map(|(after, before)| after - before).collect();
    // Another test sends to an actor that has ended, too.
    assert!(grown.iter().all(|grown| *grown >= 2), "{grown:?}");
    assert!(count("panic") >= 1);
}

mod left_in_a_mailbox {
    use traced_actor::testkit::assert_tree;
    use traced_actor_actix::undelivered_messages;

    use super::*;
    use crate::caused;

    struct Closing;

    #[traced_actor(actix)]
    impl Actor for Closing {
        type Context = Context<Self>;
    }

    #[traced_actor(actix)]
    struct Close;

    impl Message for Close {
        type Result = ();
    }

    impl Handler<Close> for Closing {
        type Result = ();

        fn handle(&mut self, _: Close, context: &mut Context<Self>) {
            context.terminate();
        }
    }

    impl Handler<Join> for Closing {
        type Result = ();

        fn handle(&mut self, _: Join, _: &mut Context<Self>) {}
    }

    #[test]
    fn is_on_a_span_of_its_own() {
        let spans = testkit::record();
        let before = undelivered_messages();
        run(async {
            let closing = Closing.start();
            caused(async {
                closing.do_send(Close);
                closing.do_send(Join(1));
            })
            .await;
            // Of nobody.
            closing.do_send(Join(2));
            spans.ended("Closing/Join", 1).await;
            ended(&closing).await;
        });
        assert!(undelivered_messages() >= before + 2, "another test may leave some as well");
        assert_eq!(spans.named("Closing/Join")[0].attribute("error.type"), Some(&"not_running".into()));
        assert_tree!(
            spans,
            r#"
            Cause/Cause
              Closing/Close
              Closing/Join error="not_running"
            "#
        );
    }
}
