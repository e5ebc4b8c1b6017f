//! Services, of which there is one to a system or to an arbiter. All that is new is the `use` of another prelude.

use traced_actor::testkit::{self, assert_tree};
use traced_actor::traced_actor;
use traced_actor_actix::prelude::*;
use traced_actor_actix::{Registry, SystemRegistry};

use crate::{caused, run};

macro_rules! service {
    ($service:ident, $of:ident) => {
        #[derive(Default)]
        struct $service {
            started: bool,
        }

        #[traced_actor(actix, by_type)]
        impl Actor for $service {
            type Context = Context<Self>;
        }

        impl Supervised for $service {}

        impl $of for $service {
            fn service_started(&mut self, _: &mut Context<Self>) {
                self.started = true;
            }
        }

        impl Handler<IsStarted> for $service {
            type Result = bool;

            fn handle(&mut self, _: IsStarted, _: &mut Context<Self>) -> bool {
                self.started
            }
        }
    };
}

struct IsStarted;

impl Message for IsStarted {
    type Result = bool;
}

service!(Cache, SystemService);
service!(GivenCache, SystemService);
service!(Session, ArbiterService);
service!(GivenSession, ArbiterService);

#[test]
fn of_a_system() {
    let spans = testkit::record();
    run(async {
        caused(async {
            assert_eq!(Cache::from_registry().send(IsStarted).await, Ok(true));
            assert_eq!(Cache::from_registry(), Cache::from_registry());
            SystemRegistry::set(GivenCache { started: false }.start());
            assert_eq!(GivenCache::from_registry().send(IsStarted).await, Ok(false));
        })
        .await;
    });
    assert_tree!(
        spans,
        "
        Cause/Cause
          Cache/IsStarted
          GivenCache/IsStarted
        "
    );
}

#[test]
fn of_an_arbiter() {
    let spans = testkit::record();
    run(async {
        caused(async {
            assert_eq!(Session::from_registry().send(IsStarted).await, Ok(true));
            assert_eq!(Session::from_registry(), Session::from_registry());
            Registry::set(GivenSession { started: false }.start());
            assert_eq!(GivenSession::from_registry().send(IsStarted).await, Ok(false));
        })
        .await;
    });
    assert_tree!(
        spans,
        "
        Cause/Cause
          GivenSession/IsStarted
          Session/IsStarted
        "
    );
}

#[test]
#[should_panic(expected = "Actor already started")]
fn there_is_one_of_a_system() {
    run(async {
        Cache::from_registry();
        SystemRegistry::set(Cache { started: false }.start());
    });
}

#[test]
#[should_panic(expected = "Actor already started")]
fn there_is_one_of_an_arbiter() {
    run(async {
        Session::from_registry();
        Registry::set(Session { started: false }.start());
    });
}
