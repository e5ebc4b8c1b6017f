//! All ways to start an actor, none of which knows about traces.

use actix::prelude::*;
use traced_actor::testkit::{self, assert_tree};
use traced_actor::traced_actor;
use traced_actor_actix::{Context, Supervisor, restarts};

use crate::guild::{Guild, Join};
use crate::{caused, run};

#[derive(Default)]
struct Greeter;

#[traced_actor(actix)]
impl Actor for Greeter {
    type Context = Context<Self>;
}

#[traced_actor(actix)]
#[derive(Clone, Copy)]
enum Greet {
    Hello,
    Hang,
}

impl Message for Greet {
    type Result = ();
}

impl Handler<Greet> for Greeter {
    type Result = ResponseActFuture<Self, ()>;

    fn handle(&mut self, greet: Greet, _: &mut Context<Self>) -> Self::Result {
        match greet {
            Greet::Hello => Box::pin(actix::fut::ready(())),
            Greet::Hang => Box::pin(std::future::pending().into_actor(self)),
        }
    }
}

#[traced_actor(actix)]
struct Stop;

impl Message for Stop {
    type Result = ();
}

impl Handler<Stop> for Greeter {
    type Result = ();

    fn handle(&mut self, _: Stop, context: &mut Context<Self>) {
        context.stop();
    }
}

impl Supervised for Greeter {}

/// Greets by this address, in the handling of a message.
async fn greeted(greeter: Addr<Greeter>) {
    caused(async { greeter.send(Greet::Hello).await.unwrap() }).await;
}

const GREETED: &str = "
    Cause/Cause
      Greeter/Hello
    ";

#[test]
fn by_start_and_create() {
    let spans = testkit::record();
    run(async {
        greeted(Greeter.start()).await;
        greeted(Greeter::start_default()).await;
        greeted(Greeter::create(|_| Greeter)).await;
        greeted(Context::new().run(Greeter)).await;
    });
    assert_tree!(
        spans,
        "
        4 × Cause/Cause
          Greeter/Hello
        "
    );
}

#[test]
fn in_an_arbiter() {
    let spans = testkit::record();
    run(async {
        let arbiter = Arbiter::new();
        greeted(Greeter::start_in_arbiter(&arbiter.handle(), |_| Greeter)).await;
        arbiter.stop();
    });
    assert_tree!(spans, GREETED);
}

#[test]
fn by_a_supervisor() {
    let spans = testkit::record();
    run(async {
        let arbiter = Arbiter::new();
        greeted(Supervisor::start(|_| Greeter)).await;
        greeted(Supervisor::start_in_arbiter(&arbiter.handle(), |_| Greeter)).await;
        arbiter.stop();
    });
    assert_tree!(
        spans,
        "
        2 × Cause/Cause
          Greeter/Hello
        "
    );
}

/// A handler that is cut off because the actor ends is recorded as cancelled.
#[test]
fn what_a_restart_cuts_off_is_on_the_span() {
    let spans = testkit::record();
    let before = restarts();
    run(async {
        let greeter = Supervisor::start(|_| Greeter);
        caused(async {
            let hang = greeter.send(Greet::Hang);
            greeter.do_send(Stop);
            assert_eq!(hang.await, Err(MailboxError::Closed));
            greeter.send(Greet::Hello).await.unwrap();
        })
        .await;
    });
    let hang = &spans.named("Greeter/Hang")[0];
    assert_eq!(hang.attribute("error.type"), Some(&"restarting".into()));
    assert_tree!(
        spans,
        r#"
        Cause/Cause
          Greeter/Hang error="restarting"
          Greeter/Hello
          Greeter/Stop
        "#
    );
    assert_eq!(restarts() - before, 1);
    assert!(traced_actor::counters().failures["restarting"] >= 1);
}

#[test]
fn what_an_end_cuts_off_is_cancelled() {
    let spans = testkit::record();
    run(async {
        let greeter = Greeter.start();
        caused(async {
            let hang = greeter.send(Greet::Hang);
            greeter.do_send(Stop);
            assert_eq!(hang.await, Err(MailboxError::Closed));
        })
        .await;
    });
    let hang = &spans.named("Greeter/Hang")[0];
    assert_eq!(hang.attribute("error.type"), Some(&"cancelled".into()));
}

/// It has a method of such a name.
#[test]
fn by_a_method_of_its_own() {
    struct Porter;

    #[traced_actor(actix, by_type, own(start))]
    impl Actor for Porter {
        type Context = Context<Self>;
    }

    impl Porter {
        fn start() -> Recipient<Knock> {
            Self::create(|_| Self).recipient()
        }
    }

    struct Knock;

    impl Message for Knock {
        type Result = ();
    }

    impl Handler<Knock> for Porter {
        type Result = ();

        fn handle(&mut self, _: Knock, _: &mut Context<Self>) {}
    }

    let spans = testkit::record();
    run(async {
        let porter = Porter::start();
        caused(async { porter.send(Knock).await.unwrap() }).await;
    });
    assert_tree!(
        spans,
        "
        Cause/Cause
          Porter/Knock
        "
    );
}

/// An actor that another one starts: what starts it has no trace of its own.
#[test]
fn from_a_handler() {
    struct Starter;

    #[traced_actor(actix, by_type)]
    impl Actor for Starter {
        type Context = Context<Self>;
    }

    struct Start;

    impl Message for Start {
        type Result = ();
    }

    impl Handler<Start> for Starter {
        type Result = ();

        fn handle(&mut self, _: Start, _: &mut Context<Self>) {
            Guild::new().start().do_send(Join(1));
        }
    }

    let spans = testkit::record();
    run(async {
        Starter.start().send(Start).await.unwrap();
        spans.ended("Guild/Join", 1).await;
    });
    assert_tree!(
        spans,
        "
        Starter/Start
          Guild/Join
        "
    );
}
