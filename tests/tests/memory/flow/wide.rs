//! One flow in which very many messages are open. Each test runs on a thread with a small stack: nothing recurses.

use std::future::Future;
use std::sync::{Mutex, PoisonError};

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::sync::oneshot;
use traced_actor::sync::mpsc;
use traced_actor::{TracedExt, task, traced_actor};

use super::counting::Counters;
use super::rounds::{Threads, Users, carried, install, run};

const COUNT: u32 = 17_000;
/// Less than two words for each message, so nothing recurses.
const STACK: usize = 256 * 1024;
/// The bytes that may stay allocated: buffers that do not depend on the count. A word for each message would be more.
const SLACK: isize = 128 * 1024;

#[traced_actor]
struct Vote(u32);

type Receiver = mpsc::Receiver<Vote>;

/// Runs something on a thread with a small stack, with sampled and with unsampled messages. Nothing of it stays.
#[track_caller]
fn on_a_small_stack(work: fn(Users)) {
    // Slots of receivers are kept and used again: one test at a time says how many.
    static ALONE: Mutex<()> = Mutex::new(());
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    install();
    for users in [Users::Sampled, Users::Unsampled, Users::Mixed] {
        let counters = Counters::start();
        let on_thread = |is_counted: bool| {
            let work = move || {
                if is_counted {
                    counters.join();
                }
                work(users);
            };
            std::thread::Builder::new().stack_size(STACK).spawn(work).unwrap().join().unwrap();
        };
        // Once before: what is made once stays.
        on_thread(false);
        let before = counters.live();
        on_thread(true);
        let kept = counters.live() - before;
        assert!(kept <= SLACK, "{users:?}: {kept} bytes are kept");
        let spans = counters.spans();
        let expected = match users {
            Users::Sampled => COUNT,
            Users::Mixed => COUNT / 2,
            Users::Unsampled => 0,
        };
        assert_eq!(spans, expected as usize, "{users:?}");
    }
}

fn block_on<F: Future>(future: F) -> F::Output {
    // All is done by this thread.
    run(Threads::One, None, future)
}

fn voter(users: Users, number: u32) -> Receiver {
    let (sender, receiver) = mpsc::channel(1);
    sender.try_send_envelope(traced_actor::Envelope::new(Vote(number), carried(users, number))).unwrap();
    receiver
}

/// Receives a message of each of this many receivers, which stay.
async fn gather(users: Users) -> Vec<Receiver> {
    let mut voters = Vec::new();
    for number in 0..COUNT {
        let mut receiver = voter(users, number);
        receiver.recv().await.unwrap();
        voters.push(receiver);
    }
    voters
}

#[test]
fn dropped_oldest_first() {
    on_a_small_stack(|users| block_on(async { drop(gather(users).await) }.traced()));
}

#[test]
fn dropped_newest_first() {
    on_a_small_stack(|users| {
        block_on(
            async {
                let mut voters = gather(users).await;
                while voters.pop().is_some() {}
            }
            .traced(),
        );
    });
}

#[test]
fn dropped_behind_the_flow() {
    on_a_small_stack(|users| drop(block_on(gather(users).traced())));
}

#[test]
fn dropped_with_the_flow() {
    on_a_small_stack(|users| {
        block_on(async {
            let (gathered, all) = oneshot::channel();
            let kept = async move {
                let _voters = gather(users).await;
                gathered.send(()).unwrap();
                std::future::pending::<()>().await;
            };
            let task = tokio::spawn(kept.traced());
            all.await.unwrap();
            task.abort();
            assert!(task.await.unwrap_err().is_cancelled());
        });
    });
}

#[test]
fn dropped_by_another_task() {
    on_a_small_stack(|users| {
        block_on(
            async {
                let voters = gather(users).await;
                tokio::spawn(async { drop(voters) }).await.unwrap();
            }
            .traced(),
        );
    });
}

/// The task has no scope.
#[test]
fn in_a_plain_task() {
    on_a_small_stack(|users| {
        block_on(async { tokio::spawn(async move { drop(gather(users).await) }).await.unwrap() });
    });
}

/// The thread has neither a task nor a scope.
#[test]
fn on_a_thread() {
    on_a_small_stack(|users| {
        let mut voters = Vec::new();
        for number in 0..COUNT {
            let mut receiver = voter(users, number);
            receiver.blocking_recv().unwrap();
            voters.push(receiver);
        }
    });
}

/// Each is received within its own flow, and all flows stay.
#[test]
fn in_flows_that_stay() {
    on_a_small_stack(|users| {
        block_on(
            async {
                let mut flows = Vec::new();
                for number in 0..COUNT {
                    let mut receiver = voter(users, number);
                    let stays = async move {
                        receiver.recv().await.unwrap();
                        std::future::pending::<()>().await;
                    };
                    // A task gives way after some receives.
                    let mut flow = Box::pin(tokio::task::unconstrained(stays.traced()));
                    assert!(futures_util::poll!(flow.as_mut()).is_pending());
                    flows.push(flow);
                }
            }
            .traced(),
        );
    });
}

/// One receiver after the other in one flow, each there while the next one receives.
#[test]
fn in_turn() {
    on_a_small_stack(|users| {
        block_on(
            async {
                let mut last = None;
                for number in 0..COUNT {
                    let mut receiver = voter(users, number);
                    receiver.recv().await.unwrap();
                    last = Some(receiver);
                }
                drop(last);
            }
            .traced(),
        );
    });
}

struct Counter;

#[traced_actor(name = "Vote")]
impl Counter {
    async fn handle(&self, _vote: Vote) {
        std::future::pending::<()>().await;
    }
}

/// Handlers that never end: they are dropped together.
#[test]
fn of_handlers() {
    on_a_small_stack(|users| {
        block_on(
            async {
                let handlers = FuturesUnordered::new();
                for number in 0..COUNT {
                    let mut receiver = voter(users, number);
                    let vote = receiver.recv().await.unwrap();
                    handlers.push(Counter.handle(vote));
                }
                let mut handlers = handlers;
                assert!(futures_util::poll!(handlers.next()).is_pending());
            }
            .traced(),
        );
    });
}

/// Tasks that never end, each with what the loop had received.
#[test]
fn of_tasks() {
    on_a_small_stack(|users| {
        block_on(
            async {
                for number in 0..COUNT {
                    let mut receiver = voter(users, number);
                    let vote = receiver.recv().await.unwrap();
                    task::spawn(async move { Counter.handle(vote).await });
                }
                tokio::task::yield_now().await;
            }
            .traced(),
        );
    });
}
