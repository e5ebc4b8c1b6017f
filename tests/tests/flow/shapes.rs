//! Loops and handlers as people write them: each over four kinds of channel, with sampled and with unsampled users, on one
//! thread and on several. Each asserts the whole tree of exported spans and everything that was sent.
//!
//! A shape is written once. The macros of the files below put in what differs between the channels: their types, the name of
//! their receive, and whether it yields an `Option` or a `Result`.

use std::future::Future;

use tokio::task::yield_now;
use traced_actor::traced_actor;

use crate::tree::{Node, Notes, note, span, user};

pub(crate) type Outcome = Result<(), &'static str>;

#[traced_actor]
#[derive(Clone, Debug)]
pub(crate) enum Job {
    Run(u32),
    Rest(u32),
}

/// A message of another type.
#[traced_actor]
#[derive(Clone, Debug)]
pub(crate) struct Step(pub(crate) u32);

impl Job {
    pub(crate) fn number(&self) -> u32 {
        let (Self::Run(number) | Self::Rest(number)) = self;
        *number
    }
}

/// Messages of the users with these numbers.
pub(crate) fn runs<const N: usize>(users: [u32; N]) -> [(u32, Job); N] {
    users.map(|user| (user, Job::Run(user)))
}

/// The work of a handler: it notes that it begins, yields, notes that it is done, and fails.
pub(crate) async fn work(notes: &Notes, job: &Job) -> Outcome {
    notes.note(format!("{} begun", job.number()));
    others().await;
    notes.note(format!("{} done", job.number()));
    Err("404")
}

/// Like [`work`], without an await.
pub(crate) fn work_now(notes: &Notes, job: &Job) -> Outcome {
    notes.note(format!("{} begun", job.number()));
    notes.note(format!("{} done", job.number()));
    Err("404")
}

/// Lets everything else that is ready go on.
pub(crate) async fn others() {
    for _ in 0..5 {
        yield_now().await;
    }
}

/// Polls a future once and no more.
pub(crate) async fn poll_once<F: Future + Unpin>(future: &mut F) {
    let mut future = std::pin::Pin::new(future);
    std::future::poll_fn(|cx| {
        let _ = future.as_mut().poll(cx);
        std::task::Poll::Ready(())
    })
    .await;
}

/// One span for each of these users, below the user's, with all that `work` does.
pub(crate) fn whole<const N: usize>(users: [u32; N]) -> Vec<Node> {
    whole_of("Worker/Run", users)
}

/// Like [`whole`], with spans of this name.
pub(crate) fn whole_of<const N: usize>(name: &str, users: [u32; N]) -> Vec<Node> {
    users.map(|number| user(number, [worked(name, number)])).into()
}

/// A span with all that `work` does for the message of this user.
pub(crate) fn worked(name: &str, user: u32) -> Node {
    span(name, [note(&format!("{user} begun")), note(&format!("{user} done"))]).failed("404")
}

/// Writes down the shapes of a macro for each channel.
macro_rules! each_channel {
    ($shapes:ident) => {
        #[allow(unused_mut, reason = "some receivers are received from by shared reference")]
        #[allow(clippy::redundant_pattern_matching, reason = "some receives yield an option, others a result")]
        #[allow(unused_imports, dead_code, reason = "not every file needs all of them")]
        mod bounded {
            $shapes! { Bounded, mpsc, Receiver, recv, Some, blocking_recv,
                traced_actor::sync::stream::ReceiverStream::new }
        }
        #[allow(unused_mut, reason = "some receivers are received from by shared reference")]
        #[allow(clippy::redundant_pattern_matching, reason = "some receives yield an option, others a result")]
        #[allow(unused_imports, dead_code, reason = "not every file needs all of them")]
        mod unbounded {
            $shapes! { Unbounded, mpsc, UnboundedReceiver, recv, Some, blocking_recv,
                traced_actor::sync::stream::UnboundedReceiverStream::new }
        }
        #[allow(unused_mut, reason = "some receivers are received from by shared reference")]
        #[allow(clippy::redundant_pattern_matching, reason = "some receives yield an option, others a result")]
        #[allow(unused_imports, dead_code, reason = "not every file needs all of them")]
        mod over_flume {
            $shapes! { Flume, flume, Receiver, recv_async, Ok, recv, traced_actor_channels::flume::Receiver::into_stream }
        }
        #[allow(unused_mut, reason = "some receivers are received from by shared reference")]
        #[allow(clippy::redundant_pattern_matching, reason = "some receives yield an option, others a result")]
        #[allow(unused_imports, dead_code, reason = "not every file needs all of them")]
        mod over_async_channel {
            $shapes! { AsyncChannel, async_channel, Receiver, recv, Ok, recv_blocking, Box::pin }
        }
    };
}

/// Opens a channel whose receiver is what the shapes of this module are written for.
macro_rules! opening {
    ($kind:ident, $channel:ident, $Receiver:ident) => {
        /// A sender for tests, and the receiver.
        fn open<M: traced_actor::Message + Send + 'static>()
        -> (crate::channels::Sender<M>, crate::channels::all::$channel::$Receiver<M>) {
            let (sender, receiver) = crate::channels::channel(crate::channels::Channel::$kind);
            let crate::channels::Receiver::$kind(receiver) = receiver else { unreachable!("asked for") };
            (sender, receiver)
        }

        #[allow(dead_code, reason = "not every file needs it")]
        /// Whether several flows may use the receiver at a time.
        const IS_SHARED: bool = matches!(
            crate::channels::Channel::$kind,
            crate::channels::Channel::Flume | crate::channels::Channel::AsyncChannel
        );

        #[allow(dead_code, reason = "not every file needs it")]
        /// The receiver of a closed channel, in which is one message of each of these users.
        fn jobs<const N: usize>(
            bench: &crate::tree::Bench,
            users: [u32; N],
        ) -> crate::channels::all::$channel::$Receiver<crate::shapes::Job> {
            let (sender, receiver) = open();
            bench.send(&sender, crate::shapes::runs(users));
            receiver
        }
    };
}

/// A worker with these methods, driven with one message of each of these users in a closed mailbox. Unless it says `only`,
/// its handler does what `work` does. Behind the loop there is a note, which belongs to nothing.
macro_rules! worker {
    ($channel:ident $Receiver:ident, $name:ident, $users:expr, $expected:expr, only { $($method:tt)* }) => {
        mod $name {
            #[allow(clippy::wildcard_imports, reason = "what the shapes of this file use")]
            use super::*;

            struct Worker {
                jobs: crate::channels::all::$channel::$Receiver<crate::shapes::Job>,
                notes: crate::tree::Notes,
            }

            #[traced_actor::traced_actor]
            impl Worker {
                $($method)*
            }

            #[test]
            fn tree() {
                let go = |bench: crate::tree::Bench| async move {
                    let worker = Worker { jobs: jobs(&bench, $users), notes: bench.notes.clone() };
                    worker.run().await;
                    bench.notes.note("after");
                };
                let mut expected: Vec<crate::tree::Node> = $expected.into();
                expected.push(crate::tree::note("after"));
                crate::tree::check(go, expected);
            }
        }
    };
    ($channel:ident $Receiver:ident, $name:ident, $users:expr, $expected:expr, { $($method:tt)* }) => {
        worker! { $channel $Receiver, $name, $users, $expected, only {
            $($method)*

            async fn handle(&mut self, job: crate::shapes::Job) -> crate::shapes::Outcome {
                crate::shapes::work(&self.notes, &job).await
            }
        } }
    };
}

/// A free loop that returns an error, driven with a message of user 1, of user 13 and of user 3.
macro_rules! ending {
    ($channel:ident $Receiver:ident, $name:ident, $expected:expr, { $($function:tt)* }) => {
        mod $name {
            #[allow(clippy::wildcard_imports, reason = "what the shapes of this file use")]
            use super::*;

            #[traced_actor::traced_actor(name = "Worker")]
            $($function)*

            #[test]
            fn tree() {
                let go = |bench: crate::tree::Bench| async move {
                    assert!(run(jobs(&bench, [1, 13, 3]), bench.notes.clone()).await.is_err());
                    bench.notes.note("after");
                };
                crate::tree::check(go, $expected);
            }
        }
    };
}

mod aside;
mod batches;
mod concurrent;
mod flows;
mod handlers;
mod inline;
