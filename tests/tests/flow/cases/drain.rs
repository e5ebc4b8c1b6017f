//! Handlers that take more out of their own mailbox.

use std::future::poll_fn;
use std::task::Poll;
use std::time::Duration;

use futures_util::FutureExt;
use traced_actor::sync::mpsc;
use traced_actor::traced_actor;

use crate::cases::WHILE;
use crate::shapes::{Job, Outcome, runs};
use crate::tree::{Bench, Node, Notes, check, note, span, user};

opening!(Bounded, mpsc, Receiver);

/// The handler's message, and those that it drained: each is its own message.
fn drained(others: Vec<Node>) -> Vec<Node> {
    let first = span("Log/Run", [note("flushed 3")]).failed("disk full");
    [vec![user(1, [first])], others].concat()
}

/// Two messages that were received in passing, each with its own span.
fn each() -> Vec<Node> {
    [2, 3].map(|number| user(number, [span("Log/Run", [])])).into()
}

/// A log that drains its mailbox like this, which yields how many it took.
macro_rules! draining {
    ($name:ident, $others:expr, $lines:ident, $drain:expr) => {
        mod $name {
            use super::*;

            struct Log {
                lines: mpsc::Receiver<Job>,
                notes: Notes,
            }

            #[traced_actor]
            impl Log {
                async fn run(mut self) {
                    while let Some(line) = self.lines.recv().await {
                        let _ = self.handle(line).await;
                    }
                }

                async fn handle(&mut self, _first: Job) -> Outcome {
                    let $lines = &mut self.lines;
                    let taken: usize = $drain;
                    tokio::time::sleep(WHILE).await;
                    self.notes.note(format!("flushed {}", 1 + taken));
                    Err("disk full")
                }
            }

            #[test]
            fn tree() {
                let go = |bench: Bench| async move {
                    Log { lines: jobs(&bench, [1, 2, 3]), notes: bench.notes.clone() }.run().await;
                    let spans = bench.recording.spans();
                    let first = spans.iter().find(|span| span.error.is_some());
                    assert!(first.is_none_or(|first| first.duration() >= WHILE), "{first:?}");
                };
                check(go, drained($others));
            }
        }
    };
}

draining!(try_recv, each(), lines, {
    let mut taken = 0;
    while lines.try_recv().is_ok() {
        taken += 1;
    }
    taken
});

draining!(recv_now_or_never, each(), lines, {
    let mut taken = 0;
    while let Some(Some(_)) = lines.recv().now_or_never() {
        taken += 1;
    }
    taken
});

draining!(until_it_is_quiet, each(), lines, {
    let mut taken = 0;
    while let Ok(Some(_)) = tokio::time::timeout(Duration::from_secs(60), lines.recv()).await {
        taken += 1;
    }
    taken
});

draining!(poll_recv, each(), lines, {
    let mut taken = 0;
    poll_fn(|cx| {
        while let Poll::Ready(Some(_)) = lines.poll_recv(cx) {
            taken += 1;
        }
        Poll::Ready(())
    })
    .await;
    taken
});

draining!(envelopes, Vec::new(), lines, {
    // An envelope that nobody handles opens nothing.
    let mut taken = 0;
    while lines.try_recv_envelope().is_ok() {
        taken += 1;
    }
    taken
});

draining!(while_it_waits, each(), lines, {
    let mut taken = 0;
    let pause = tokio::time::sleep(Duration::from_secs(60));
    tokio::pin!(pause);
    loop {
        tokio::select! {
            biased;
            received = lines.recv() => match received {
                Some(_) => taken += 1,
                None => break,
            },
            () = &mut pause => break,
        }
    }
    taken
});

/// A handler that blocks.
#[test]
fn blocking_handler() {
    struct Log {
        lines: mpsc::Receiver<Job>,
        notes: Notes,
    }

    #[traced_actor]
    impl Log {
        async fn run(mut self) {
            while let Some(line) = self.lines.recv().await {
                let _ = self.handle(line);
            }
        }

        fn handle(&mut self, _first: Job) -> Outcome {
            let mut taken = 0;
            while self.lines.try_recv().is_ok() {
                taken += 1;
            }
            self.notes.note(format!("flushed {}", 1 + taken));
            Err("disk full")
        }
    }

    let go = |bench: Bench| async move {
        Log { lines: jobs(&bench, [1, 2, 3]), notes: bench.notes }.run().await;
    };
    check(go, drained(each()));
}

/// Another mailbox with messages of the same type.
#[test]
fn of_another_mailbox() {
    struct Log {
        lines: mpsc::Receiver<Job>,
        urgent: mpsc::Receiver<Job>,
        notes: Notes,
    }

    #[traced_actor]
    impl Log {
        async fn run(mut self) {
            while let Some(line) = self.lines.recv().await {
                let _ = self.handle(line).await;
            }
        }

        async fn handle(&mut self, _first: Job) -> Outcome {
            let mut taken = 0;
            while self.urgent.try_recv().is_ok() {
                taken += 1;
            }
            tokio::time::sleep(WHILE).await;
            self.notes.note(format!("flushed {}", 1 + taken));
            Err("disk full")
        }
    }

    let go = |bench: Bench| async move {
        let (sender, urgent) = open();
        bench.send(&sender, runs([2, 3]));
        Log { lines: jobs(&bench, [1]), urgent, notes: bench.notes }.run().await;
    };
    check(go, drained(each()));
}
