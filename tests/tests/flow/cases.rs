//! Past bugs and their neighbours: programs as people wrote them, with durations, which show a span that is too short.
//!
//! The table of `shapes` has each kind of loop over each channel. Here are those that were reported, over one channel, and
//! others like them that are not in the table.

use std::time::Duration;

use crate::shapes::{Job, Outcome};
use crate::tree::Notes;

/// The least time that a handler works.
pub(crate) const WHILE: Duration = Duration::from_millis(2);

/// The work of a handler: it notes that it begins, takes its time, notes that it is done, and fails.
pub(crate) async fn work_a_while(notes: &Notes, job: &Job) -> Outcome {
    notes.note(format!("{} begun", job.number()));
    tokio::time::sleep(WHILE).await;
    notes.note(format!("{} done", job.number()));
    Err("404")
}

/// A worker with these methods, driven with one message of each of these users in a closed mailbox. Each message has one span,
/// which lasts as long as its handler works. Behind the loop there is a note, which belongs to nothing.
macro_rules! lasting {
    ($name:ident, $users:expr, $expected:expr, { $($method:tt)* }) => {
        mod $name {
            #[allow(clippy::wildcard_imports, reason = "what the cases of this file use")]
            use super::*;

            struct Worker {
                jobs: traced_actor::sync::mpsc::Receiver<crate::shapes::Job>,
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
                    bench.lasted("Worker/Run", $users.len(), crate::cases::WHILE);
                };
                let mut expected: Vec<crate::tree::Node> = $expected.into();
                expected.push(crate::tree::note("after"));
                crate::tree::check(go, expected);
            }
        }
    };
}

mod batch;
mod behind;
mod concurrent;
mod disabled_arm;
mod drain;
mod handover;
mod last_words;
mod one_behind;
mod panics;
mod pool;
mod question_mark;
mod task;
