//! The life of an open message, in every order in which threads can run it.
//!
//! It is `flow/life.rs` of the runtime itself, with loom's atomics. What holds in all orders:
//!
//! * it ends exactly once, whichever thread ends it;
//! * a waiter that claims it gets it, unless another one has, or it was ended by force;
//! * what is claimed is ended by its handler and nobody else;
//! * what ends because the last waiter gives up ends at the time of a close.

mod atomic {
    pub(super) use loom::sync::atomic::{AtomicU32, AtomicU64, Ordering};
}

#[path = "../../runtime/src/flow/life.rs"]
mod life;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use life::{Close, Life};
use loom::thread;

/// A message, and how often it has ended.
struct Message {
    life: Life,
    // Counted by a plain atomic, which loom does not vary.
    ends: AtomicUsize,
}

impl Message {
    fn open() -> Arc<Self> {
        Arc::new(Self { life: Life::open(), ends: AtomicUsize::new(0) })
    }

    fn ends(&self) {
        self.ends.fetch_add(1, SeqCst);
    }

    /// Closes the message because its receiver asks for the next one.
    fn close(&self, time: u64) {
        if self.life.close(false, || time) == Close::Ends {
            self.ends();
        }
    }

    /// A waiter closes it, and is none any more.
    fn close_and_give_up(&self, time: u64) {
        match self.life.close(true, || time) {
            Close::Ends => self.ends(),
            Close::Waits => {}
            Close::NotOpen => self.give_up(&[time]),
        }
    }

    /// A waiter gives up. Where it ends by that, it ends at one of these times.
    fn give_up(&self, times: &[u64]) {
        if let Some(closed_at) = self.life.give_up() {
            assert!(times.contains(&closed_at), "closed at {closed_at}");
            self.ends();
        }
    }

    /// A waiter claims it for a handler, and the handler is done. Whether it could.
    fn claim(&self) -> bool {
        let claimed = self.life.claim(true);
        if claimed {
            assert_eq!(self.ends.load(SeqCst), 0, "its handler is not done");
            self.end();
        }
        claimed
    }

    /// Ends it by force: its handler is done, or its span is dropped.
    fn end(&self) {
        if self.life.end() {
            self.ends();
        }
    }

    #[track_caller]
    fn assert_ended_once(&self) {
        assert_eq!(self.ends.load(SeqCst), 1);
        assert!(self.life.has_ended() && !self.life.is_open() && !self.life.is_claimable());
    }
}

/// Runs both at the same time, in every order.
fn both(message: &Arc<Message>, one: impl FnOnce(&Message) + 'static, other: impl FnOnce(&Message)) {
    let shared = message.clone();
    let thread = thread::spawn(move || one(&shared));
    other(message);
    thread.join().unwrap();
}

/// Runs all three at the same time, in every order.
fn three(
    message: &Arc<Message>,
    one: impl FnOnce(&Message) + 'static,
    other: impl FnOnce(&Message) + 'static,
    third: impl FnOnce(&Message),
) {
    let shared = message.clone();
    let thread = thread::spawn(move || one(&shared));
    both(message, other, third);
    thread.join().unwrap();
}

#[test]
fn the_receiving_flow_claims_what_another_worker_closes() {
    loom::model(|| {
        let message = Message::open();
        both(&message, |message| message.close(7), |message| assert!(message.claim()));
        message.assert_ended_once();
        assert!(!(message.life.has_ended() && message.life.is_unclaimed()));
    });
}

#[test]
fn a_close_and_the_last_waiter_end_it_once() {
    loom::model(|| {
        let message = Message::open();
        both(&message, |message| message.close(7), |message| message.give_up(&[7]));
        message.assert_ended_once();
        assert!(message.life.has_ended() && message.life.is_unclaimed());
    });
}

#[test]
fn of_two_that_claim_it_one_gets_it() {
    loom::model(|| {
        let message = Message::open();
        message.life.wait(); // a task was spawned
        let claims = Arc::new(AtomicUsize::new(0));
        let claim = |claims: &Arc<AtomicUsize>| {
            let claims = claims.clone();
            move |message: &Message| {
                claims.fetch_add(message.claim().into(), SeqCst);
            }
        };
        three(&message, claim(&claims), claim(&claims), |message| message.close(7));
        assert_eq!(claims.load(SeqCst), 1);
        message.assert_ended_once();
    });
}

#[test]
fn a_spawned_task_claims_what_its_parent_gave_up_and_another_one_closed() {
    loom::model(|| {
        let message = Message::open();
        message.life.wait();
        three(
            &message,
            |message| message.give_up(&[7]),
            |message| message.close(7),
            |message| assert!(message.claim()),
        );
        message.assert_ended_once();
    });
}

#[test]
fn all_waiters_give_up_while_it_is_closed() {
    loom::model(|| {
        let message = Message::open();
        message.life.wait();
        three(
            &message,
            |message| message.give_up(&[7]),
            |message| message.give_up(&[7]),
            |message| message.close(7),
        );
        message.assert_ended_once();
        assert!(message.life.has_ended() && message.life.is_unclaimed());
    });
}

#[test]
fn the_flow_that_closes_it_is_a_waiter_itself() {
    loom::model(|| {
        let message = Message::open();
        message.life.wait();
        both(&message, |message| message.close_and_give_up(7), |message| assert!(message.claim()));
        message.assert_ended_once();

        let message = Message::open();
        message.life.wait();
        both(&message, |message| message.close_and_give_up(7), |message| message.give_up(&[7]));
        message.assert_ended_once();
    });
}

#[test]
fn two_close_it_and_the_waiter_gives_up() {
    loom::model(|| {
        let message = Message::open();
        three(
            &message,
            |message| message.close(7),
            |message| message.close(8),
            |message| message.give_up(&[7, 8]),
        );
        message.assert_ended_once();
    });
}

#[test]
fn its_span_is_dropped_while_others_close_it_and_give_up() {
    loom::model(|| {
        let message = Message::open();
        three(&message, |message| message.close(7), |message| message.give_up(&[7]), Message::end);
        message.assert_ended_once();
    });
}

#[test]
fn one_that_joins_the_waiters_late_changes_nothing_of_its_end() {
    loom::model(|| {
        let message = Message::open();
        let joins = |message: &Message| {
            message.life.wait();
            message.give_up(&[7]);
        };
        three(&message, joins, |message| message.close(7), |message| message.give_up(&[7]));
        message.assert_ended_once();
    });
}

#[test]
fn one_that_a_handler_has_from_the_start_is_never_claimed_again() {
    loom::model(|| {
        let message = Arc::new(Message { life: Life::claimed(), ends: AtomicUsize::new(0) });
        message.life.wait();
        both(&message, |message| assert!(!message.claim()), |message| message.close(7));
        assert_eq!(message.ends.load(SeqCst), 0);
        message.end();
        message.assert_ended_once();
        assert!(!(message.life.has_ended() && message.life.is_unclaimed()));
    });
}
