//! Actors on separate threads.

use actix::prelude::*;
use traced_actor::testkit::{self, assert_tree};
use traced_actor::traced_actor;
use traced_actor_actix::{SyncArbiter, SyncContext};

use crate::guild::{Guild, Join};
use crate::{caused, run};

struct Hasher(Addr<Guild>);

#[traced_actor(actix)]
impl Actor for Hasher {
    type Context = SyncContext<Self>;
}

#[traced_actor(actix)]
#[derive(Clone, Copy)]
enum Hash {
    Number(u64),
    Replace,
    Panic,
    Again,
}

impl Message for Hash {
    type Result = Result<u64, String>;
}

impl Handler<Hash> for Hasher {
    type Result = Result<u64, String>;

    fn handle(&mut self, hash: Hash, context: &mut SyncContext<Self>) -> Self::Result {
        match hash {
            Hash::Number(0) => return Err("zero".to_owned()),
            Hash::Number(n) => self.0.do_send(Join(n)),
            Hash::Replace => context.stop(),
            Hash::Panic => panic!("as told"),
            Hash::Again => context.address().do_send(Hash::Number(2)),
        }
        Ok(1)
    }
}

fn hasher(threads: usize) -> Addr<Hasher> {
    let guild = Guild::new().start();
    SyncArbiter::start(threads, move || Hasher(guild.clone()))
}

#[test]
fn a_message_is_below_its_sender() {
    let spans = testkit::record();
    run(async {
        let hasher = hasher(2);
        caused(async {
            assert_eq!(hasher.send(Hash::Number(7)).await.unwrap(), Ok(1));
            assert!(hasher.send(Hash::Number(0)).await.unwrap().is_err());
            hasher.do_send(Hash::Again);
        })
        .await;
        spans.ended("Guild/Join", 2).await;
        // A message to another thread may be handled before its sender ends.
        spans.ended("Hasher/Again", 1).await;
        spans.ended("Hasher/Number", 3).await;
    });
    assert_tree!(
        spans,
        r#"
        Cause/Cause
          Hasher/Again
            Hasher/Number
              Guild/Join
          Hasher/Number
            Guild/Join
          Hasher/Number error="zero"
        "#
    );
}

#[test]
fn an_actor_is_replaced_by_a_new_one() {
    let spans = testkit::record();
    run(async {
        let hasher = hasher(1);
        caused(async {
            hasher.send(Hash::Replace).await.unwrap().unwrap();
            hasher.send(Hash::Number(7)).await.unwrap().unwrap();
        })
        .await;
        spans.ended("Guild/Join", 1).await;
    });
    assert_tree!(
        spans,
        "
        Cause/Cause
          Hasher/Number
            Guild/Join
          Hasher/Replace
        "
    );
}

/// The thread ends with its actor, as in actix.
#[test]
fn a_panic_is_on_the_span() {
    let spans = testkit::record();
    run(async {
        let hasher = hasher(2);
        caused(async {
            assert_eq!(hasher.send(Hash::Panic).await, Err(MailboxError::Closed));
            assert_eq!(hasher.send(Hash::Number(7)).await.unwrap(), Ok(1));
        })
        .await;
    });
    let panicked = &spans.named("Hasher/Panic")[0];
    assert_eq!(panicked.attribute("error.type"), Some(&"panic".into()));
}
