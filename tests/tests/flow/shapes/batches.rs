//! Messages that are received together, which only tokio's channels do.

macro_rules! shapes {
    ($kind:ident, $channel:ident, $Receiver:ident) => {
        use crate::channels::all::$channel;
        use traced_actor::traced_actor;

        use crate::shapes::{Job, Outcome, others, work, worked};
        use crate::tree::{Bench, Node, Notes, check, check_both, note, span, unsampled_note, user};

        opening!($kind, $channel, $Receiver);

        /// The receiver of a closed channel with two messages of each of these users.
        fn pairs(bench: &Bench, users: &[u32]) -> $channel::$Receiver<Job> {
            let (sender, receiver) = open();
            for &number in users {
                bench.send(&sender, [(number, Job::Run(number)), (number, Job::Run(number))]);
            }
            receiver
        }

        #[traced_actor(name = "Worker")]
        async fn inline(mut jobs: $channel::$Receiver<Job>, notes: Notes) {
            let mut batch = Vec::new();
            while jobs.recv_many(&mut batch, 100).await > 0 {
                others().await;
                notes.note(format!("{} at once", batch.len()));
                batch.clear();
            }
            notes.note("no more");
        }

        /// A batch of one trace is a child in it.
        #[test]
        fn one_trace() {
            let go = |bench: Bench| async move { inline(pairs(&bench, &[1]), bench.notes).await };
            check(go, [user(1, [span("Worker/batch", [note("2 at once")])]), note("no more")]);
        }

        /// A batch of several traces is a root with links.
        #[test]
        fn several_traces() {
            let go = |bench: Bench| async move { inline(pairs(&bench, &[1, 2]), bench.notes).await };
            let root = span("Worker/batch", [note("4 at once")]).links(4);
            check_both(go, [root, note("no more")], [unsampled_note("4 at once"), note("no more")]);
        }

        /// A batch of one message is that message.
        #[test]
        fn one_message() {
            let go = |bench: Bench| async move { inline(jobs(&bench, [1]), bench.notes).await };
            check(go, [user(1, [span("Worker/Run", [note("1 at once")])]), note("no more")]);
        }

        mod with_a_handler {
            use super::*;

            struct Worker {
                jobs: $channel::$Receiver<Job>,
                notes: Notes,
            }

            #[traced_actor(msg = Job)]
            impl Worker {
                async fn run(mut self) {
                    let mut batch = Vec::new();
                    while self.jobs.recv_many(&mut batch, 100).await > 0 {
                        for job in batch.drain(..) {
                            let _ = self.handle(job).await;
                        }
                    }
                }

                async fn handle(&mut self, job: Job) -> Outcome {
                    work(&self.notes, &job).await
                }
            }

            /// The message that a handler was called with cannot be known, so its span is below the batch's.
            #[test]
            fn tree() {
                let go = |bench: Bench| async move {
                    Worker { jobs: pairs(&bench, &[1]), notes: bench.notes }.run().await;
                };
                let handled: [Node; 2] = [worked("Worker/Run", 1), worked("Worker/Run", 1)];
                check(go, [user(1, [span("Worker/batch", handled)])]);
            }
        }

        /// A batch that a handler receives lies on top of the handler's span until the batch is done.
        mod in_a_handler {
            use super::*;

            struct Worker {
                jobs: $channel::$Receiver<Job>,
                notes: Notes,
            }

            #[traced_actor(msg = Job)]
            impl Worker {
                async fn run(mut self) {
                    while let Some(job) = self.jobs.recv().await {
                        let _ = self.handle(job).await;
                    }
                    self.notes.note("no more");
                }

                async fn handle(&mut self, _first: Job) -> Outcome {
                    let mut batch = Vec::new();
                    self.jobs.recv_many(&mut batch, 2).await;
                    self.notes.note("taken");
                    Err("disk full")
                }
            }

            #[test]
            fn tree() {
                let go = |bench: Bench| async move {
                    let (sender, jobs) = open();
                    bench.send(&sender, [(1, Job::Run(1)), (2, Job::Run(2)), (2, Job::Run(2))]);
                    drop(sender);
                    Worker { jobs, notes: bench.notes }.run().await;
                };
                check(
                    go,
                    [
                        user(1, [span("Worker/Run", []).failed("disk full")]),
                        user(2, [span("Worker/batch", [note("taken")]).failed("disk full")]),
                        note("no more"),
                    ],
                );
            }
        }

        /// A loop that ends with an error marks the batch that failed.
        #[test]
        fn question_mark() {
            #[traced_actor(name = "Worker")]
            async fn run(mut jobs: $channel::$Receiver<Job>) -> Outcome {
                let mut batch = Vec::new();
                while jobs.recv_many(&mut batch, 100).await > 0 {
                    Err("disk full")?;
                }
                Ok(())
            }
            let go = |bench: Bench| async move {
                assert!(run(pairs(&bench, &[1])).await.is_err());
            };
            check(go, [user(1, [span("Worker/batch", []).failed("disk full")])]);
        }

        /// A handler's batch and the messages that the loop received itself do not end each other.
        #[test]
        fn batches_and_single_messages() {
            #[traced_actor(name = "Worker")]
            async fn run(mut jobs: $channel::$Receiver<Job>, notes: Notes) {
                let mut batch = Vec::new();
                while let Some(_) = jobs.recv().await {
                    notes.note("one");
                    jobs.recv_many(&mut batch, 2).await;
                    notes.note("two");
                }
                notes.note("no more");
            }
            let go = |bench: Bench| async move {
                let (sender, jobs) = open();
                bench.send(&sender, [(1, Job::Run(1)), (2, Job::Run(2)), (2, Job::Run(2))]);
                drop(sender);
                run(jobs, bench.notes).await;
            };
            check(
                go,
                [
                    user(1, [span("Worker/Run", [note("one")])]),
                    user(2, [span("Worker/batch", [note("two")])]),
                    note("no more"),
                ],
            );
        }
    };
}

mod bounded {
    shapes! { Bounded, mpsc, Receiver }
}

mod unbounded {
    shapes! { Unbounded, mpsc, UnboundedReceiver }
}
