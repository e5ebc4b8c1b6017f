//! Handlers that the loop awaits: how the loop is written, and what handlers look like.

macro_rules! shapes {
    ($kind:ident, $channel:ident, $Receiver:ident, $recv:ident, $Some:ident, $blocking:ident, $stream:path) => {
        use std::time::Duration;

        use crate::channels::all::$channel;
        use futures_util::StreamExt;
        use traced_actor::{Envelope, traced_actor};

        use crate::shapes::{Job, Outcome, Step, others, poll_once, whole, whole_of, work, work_now, worked};
        use crate::tree::{Bench, Node, Notes, check, check_both, note, span, user};

        opening!($kind, $channel, $Receiver);

        // ----- how the loop is written -----

        worker! { $channel $Receiver, while_let, [1, 2], whole([1, 2]), {
            async fn run(mut self) {
                while let $Some(job) = self.jobs.$recv().await {
                    let _ = self.handle(job).await;
                }
            }
        } }

        worker! { $channel $Receiver, match_and_break, [1, 2], whole([1, 2]), {
            async fn run(mut self) {
                loop {
                    match self.jobs.$recv().await {
                        $Some(job) => drop(self.handle(job).await),
                        _ => break,
                    }
                }
            }
        } }

        worker! { $channel $Receiver, let_else, [1, 2], whole([1, 2]), {
            async fn run(mut self) {
                loop {
                    let $Some(job) = self.jobs.$recv().await else { return };
                    let _ = self.handle(job).await;
                }
            }
        } }

        worker! { $channel $Receiver, select_with_a_timer, [1, 2], whole([1, 2]), {
            async fn run(mut self) {
                let mut ticks = tokio::time::interval(Duration::from_secs(3600));
                ticks.tick().await;
                loop {
                    tokio::select! {
                        biased;
                        _ = ticks.tick() => unreachable!("not within the hour"),
                        received = self.jobs.$recv() => match received {
                            $Some(job) => drop(self.handle(job).await),
                            _ => break,
                        },
                    }
                }
            }
        } }

        worker! { $channel $Receiver, timeout_around_the_receive, [1, 2], whole([1, 2]), {
            async fn run(mut self) {
                while let Ok($Some(job)) =
                    tokio::time::timeout(Duration::from_secs(3600), self.jobs.$recv()).await
                {
                    let _ = self.handle(job).await;
                }
            }
        } }

        worker! { $channel $Receiver, handler_in_a_timeout, [1, 2], whole([1, 2]), {
            async fn run(mut self) {
                while let $Some(job) = self.jobs.$recv().await {
                    let _ = tokio::time::timeout(Duration::from_secs(3600), self.handle(job)).await;
                }
            }
        } }

        worker! { $channel $Receiver, handler_that_times_out, [1, 2],
            [1, 2].map(|n: u32| {
                user(n, [span("Worker/Run", [note(&format!("{n} begun"))]).failed("cancelled")])
            }),
            only {
                async fn run(mut self) {
                    while let $Some(job) = self.jobs.$recv().await {
                        let _ = tokio::time::timeout(Duration::from_millis(1), self.handle(job)).await;
                    }
                }

                async fn handle(&mut self, job: Job) {
                    self.notes.note(format!("{} begun", job.number()));
                    std::future::pending::<()>().await;
                }
            }
        }

        worker! { $channel $Receiver, handler_in_a_box, [1, 2], whole([1, 2]), {
            async fn run(mut self) {
                while let $Some(job) = self.jobs.$recv().await {
                    let handling: futures_util::future::BoxFuture<'_, Outcome> = Box::pin(self.handle(job));
                    let _ = handling.await;
                }
            }
        } }

        worker! { $channel $Receiver, first_message_only, [1], whole([1]), {
            async fn run(mut self) {
                if let $Some(job) = self.jobs.$recv().await {
                    let _ = self.handle(job).await;
                }
            }
        } }

        worker! { $channel $Receiver, note_between, [1, 2],
            [whole([1, 2]), vec![note("between"), note("between")]].concat(),
            {
                async fn run(mut self) {
                    while let $Some(job) = self.jobs.$recv().await {
                        let _ = self.handle(job).await;
                        self.notes.note("between");
                    }
                }
            }
        }

        worker! { $channel $Receiver, note_before_the_handler, [1],
            [user(1, [span("Worker/Run", [note("looked"), note("1 begun"), note("1 done")]).failed("404")])],
            {
                async fn run(mut self) {
                    while let $Some(job) = self.jobs.$recv().await {
                        self.notes.note("looked");
                        let _ = self.handle(job).await;
                    }
                }
            }
        }

        worker! { $channel $Receiver, looked_into_first, [1, 2, 3],
            [whole([1, 3]), vec![user(2, [span("Worker/Run", [note("refused")])])]].concat(),
            {
                async fn run(mut self) {
                    while let $Some(job) = self.jobs.$recv().await {
                        match job {
                            Job::Run(2) => self.notes.note("refused"),
                            job => drop(self.handle(job).await),
                        }
                    }
                }
            }
        }

        worker! { $channel $Receiver, helper_that_selects, [1, 2], whole([1, 2]), {
            async fn run(mut self) {
                while let Some(job) = self.next().await {
                    let _ = self.handle(job).await;
                }
            }

            async fn next(&mut self) -> Option<Job> {
                tokio::select! {
                    $Some(job) = self.jobs.$recv() => Some(job),
                    else => None,
                }
            }
        } }

        worker! { $channel $Receiver, helper_with_a_timeout, [1, 2], whole([1, 2]), {
            async fn run(mut self) {
                while let Some(job) = self.next().await {
                    let _ = self.handle(job).await;
                }
            }

            async fn next(&mut self) -> Option<Job> {
                match tokio::time::timeout(Duration::from_secs(3600), self.jobs.$recv()).await {
                    Ok($Some(job)) => Some(job),
                    _ => None,
                }
            }
        } }

        worker! { $channel $Receiver, dropped_before_its_first_poll, [1, 2],
            [
                user(1, [span("Worker/Run", []).failed("cancelled")]),
                user(2, [span("Worker/Run", []).failed("cancelled")]),
                note("between"),
                note("between"),
            ],
            {
                async fn run(mut self) {
                    while let $Some(job) = self.jobs.$recv().await {
                        drop(self.handle(job));
                        self.notes.note("between");
                    }
                }
            }
        }

        worker! { $channel $Receiver, dropped_after_its_first_poll, [1],
            [user(1, [span("Worker/Run", [note("1 begun")]).failed("cancelled")]), note("between")],
            {
                async fn run(mut self) {
                    while let $Some(job) = self.jobs.$recv().await {
                        let mut handling = Box::pin(self.handle(job));
                        poll_once(&mut handling).await;
                        drop(handling);
                        self.notes.note("between");
                    }
                }
            }
        }

        // ----- what handlers look like -----

        worker! { $channel $Receiver, blocking_handler, [1, 2], whole([1, 2]), only {
            async fn run(mut self) {
                while let $Some(job) = self.jobs.$recv().await {
                    let _ = self.handle(job);
                }
            }

            fn handle(&mut self, job: Job) -> Outcome {
                work_now(&self.notes, &job)
            }
        } }

        worker! { $channel $Receiver, handler_with_more_parameters, [1, 2], whole([1, 2]), only {
            async fn run(mut self) {
                let notes = self.notes.clone();
                while let $Some(job) = self.jobs.$recv().await {
                    let _ = self.handle(&notes, job, 7).await;
                }
            }

            async fn handle(&mut self, notes: &Notes, job: Job, count: u8) -> Outcome {
                assert_eq!(count, 7);
                work(notes, &job).await
            }
        } }

        worker! { $channel $Receiver, handler_that_says_when_to_stop, [1, 2],
            [
                user(1, [span("Worker/Run", [note("1 begun"), note("1 done")])]),
                user(2, [span("Worker/Run", [note("2 begun"), note("2 done")])]),
            ],
            only {
                async fn run(mut self) {
                    while let $Some(job) = self.jobs.$recv().await {
                        if self.handle(job).await {
                            break;
                        }
                    }
                }

                async fn handle(&mut self, job: Job) -> bool {
                    work(&self.notes, &job).await.is_err() && job.number() == 2
                }
            }
        }

        worker! { $channel $Receiver, handler_of_an_envelope, [1, 2], whole([1, 2]), only {
            async fn run(mut self) {
                while let $Some(job) = self.jobs.$recv().await {
                    let _ = self.handle(Envelope::from(job)).await;
                }
            }

            #[traced(handler)]
            async fn handle(&mut self, job: Job) -> Outcome {
                work(&self.notes, &job).await
            }
        } }

        worker! { $channel $Receiver, handler_that_panics, [1],
            [user(1, [span("Worker/Run", [note("1 begun")]).failed("panic")]), note("caught")],
            only {
                async fn run(mut self) {
                    use futures_util::FutureExt;
                    let notes = self.notes.clone();
                    while let $Some(job) = self.jobs.$recv().await {
                        let caught = std::panic::AssertUnwindSafe(self.handle(job)).catch_unwind().await;
                        assert!(caught.is_err());
                        notes.note("caught");
                    }
                }

                async fn handle(&mut self, job: Job) {
                    self.notes.note(format!("{} begun", job.number()));
                    others().await;
                    // Without the hook's output.
                    std::panic::resume_unwind(Box::new("asked for"))
                }
            }
        }

        worker! { $channel $Receiver, blocking_handler_that_panics, [1],
            [user(1, [span("Worker/Run", [note("1 begun")]).failed("panic")]), note("caught")],
            only {
                async fn run(mut self) {
                    let notes = self.notes.clone();
                    while let $Some(job) = self.jobs.$recv().await {
                        let handle = std::panic::AssertUnwindSafe(|| self.handle(job));
                        assert!(std::panic::catch_unwind(handle).is_err());
                        notes.note("caught");
                    }
                }

                #[traced(handler)]
                fn handle(&mut self, job: Job) {
                    self.notes.note(format!("{} begun", job.number()));
                    std::panic::resume_unwind(Box::new("asked for"))
                }
            }
        }

        worker! { $channel $Receiver, called_within_another_handler, [1],
            [user(1, [span("Worker/Run", [
                note("outer"),
                span("Worker/Run", [note("7 begun"), note("7 done")]).failed("404"),
                note("outer again"),
            ])])],
            only {
                async fn run(mut self) {
                    while let $Some(job) = self.jobs.$recv().await {
                        let _ = self.handle(job).await;
                    }
                }

                async fn handle(&mut self, job: Job) -> Outcome {
                    if job.number() == 7 {
                        return work(&self.notes, &job).await;
                    }
                    self.notes.note("outer");
                    let _ = Box::pin(self.handle(Job::Run(7))).await;
                    self.notes.note("outer again");
                    Ok(())
                }
            }
        }

        /// The second call has no message to claim, and nothing to go on with.
        mod called_twice {
            use super::*;

            struct Worker {
                jobs: $channel::$Receiver<Job>,
                notes: Notes,
            }

            #[traced_actor]
            impl Worker {
                async fn run(mut self) {
                    while let $Some(job) = self.jobs.$recv().await {
                        let _ = self.handle(job.clone()).await;
                        let _ = self.handle(job).await;
                    }
                }

                async fn handle(&mut self, job: Job) -> Outcome {
                    work(&self.notes, &job).await
                }
            }

            #[test]
            fn tree() {
                let go = |bench: Bench| async move {
                    Worker { jobs: jobs(&bench, [1]), notes: bench.notes }.run().await;
                };
                let root = worked("Worker/Run", 1);
                let expected = [whole([1]), vec![root.clone()]].concat();
                check_both(
                    go,
                    expected,
                    [crate::tree::unsampled_note("1 begun"), crate::tree::unsampled_note("1 done"), root],
                );
            }
        }

        /// A message of another type, made from the first one, has its own handler.
        mod sub_message {
            use super::*;

            struct Worker {
                jobs: $channel::$Receiver<Job>,
                notes: Notes,
            }

            struct Steps(Notes);

            #[traced_actor]
            impl Steps {
                async fn handle(&mut self, step: Step) -> Outcome {
                    work(&self.0, &Job::Run(step.0)).await
                }
            }

            #[traced_actor]
            impl Worker {
                async fn run(mut self) {
                    while let $Some(job) = self.jobs.$recv().await {
                        let _ = self.handle(job).await;
                    }
                }

                async fn handle(&mut self, job: Job) {
                    let _ = Steps(self.notes.clone()).handle(Step(job.number())).await;
                    self.notes.note("outer");
                }
            }

            #[test]
            fn tree() {
                let go = |bench: Bench| async move {
                    Worker { jobs: jobs(&bench, [1]), notes: bench.notes }.run().await;
                };
                check(go, [user(1, [span("Worker/Run", [worked("Steps/Step", 1), note("outer")])])]);
            }
        }

        /// A free loop beside an annotated impl.
        mod free_loop {
            use super::*;

            struct Worker {
                jobs: $channel::$Receiver<Job>,
                notes: Notes,
            }

            #[traced_actor]
            impl Worker {
                async fn handle_message(&mut self, job: Job) -> Outcome {
                    work(&self.notes, &job).await
                }
            }

            #[traced_actor]
            async fn run_worker(mut worker: Worker) {
                while let $Some(job) = worker.jobs.$recv().await {
                    let _ = worker.handle_message(job).await;
                }
            }

            #[test]
            fn tree() {
                let go = |bench: Bench| async move {
                    run_worker(Worker { jobs: jobs(&bench, [1, 2]), notes: bench.notes }).await;
                };
                check(go, whole([1, 2]));
            }
        }

        /// The attribute on the impl alone: the free loop is a future behind `.traced()`.
        mod free_loop_traced {
            use super::*;
            use traced_actor::TracedExt;

            struct Worker(Notes);

            // The name that a loop without attribute gives.
            #[traced_actor(name = "Job")]
            impl Worker {
                async fn handle_message(&mut self, job: Job) -> Outcome {
                    work(&self.0, &job).await
                }
            }

            async fn run(mut worker: Worker, mut jobs: $channel::$Receiver<Job>) {
                while let $Some(job) = jobs.$recv().await {
                    let _ = worker.handle_message(job).await;
                }
            }

            #[test]
            fn tree() {
                let go = |bench: Bench| async move {
                    run(Worker(bench.notes.clone()), jobs(&bench, [1, 2])).traced().await;
                };
                check(go, whole_of("Job/Run", [1, 2]));
            }
        }

        /// A stream of the receiver.
        mod stream_loop {
            use super::*;

            struct Worker<S> {
                jobs: S,
                notes: Notes,
            }

            #[traced_actor(msg = Job)]
            impl<S: futures_util::Stream<Item = Job> + Unpin> Worker<S> {
                #[traced(run)]
                async fn run(mut self) {
                    while let Some(job) = self.jobs.next().await {
                        let _ = self.handle(job).await;
                    }
                }

                async fn handle(&mut self, job: Job) -> Outcome {
                    work(&self.notes, &job).await
                }
            }

            #[test]
            fn tree() {
                let go = |bench: Bench| async move {
                    Worker { jobs: $stream(jobs(&bench, [1, 2])), notes: bench.notes }.run().await;
                };
                check(go, whole([1, 2]));
            }
        }

        /// A stream of the receiver, in a future behind `.traced()`.
        mod stream_traced {
            use super::*;
            use traced_actor::TracedExt;

            struct Worker(Notes);

            // The name that a loop without attribute gives.
            #[traced_actor(name = "Job")]
            impl Worker {
                async fn handle_message(&mut self, job: Job) -> Outcome {
                    work(&self.0, &job).await
                }
            }

            #[test]
            fn tree() {
                let go = |bench: Bench| async move {
                    let mut worker = Worker(bench.notes.clone());
                    let mut stream = $stream(jobs(&bench, [1, 2]));
                    let run = async move {
                        while let Some(job) = stream.next().await {
                            let _ = worker.handle_message(job).await;
                        }
                    };
                    run.traced().await;
                };
                check(go, whole_of("Job/Run", [1, 2]));
            }
        }

        /// Everything in a generic impl.
        mod generic {
            use super::*;

            struct Worker<T> {
                jobs: $channel::$Receiver<Job>,
                notes: Notes,
                _state: T,
            }

            #[traced_actor]
            impl<T> Worker<T>
            where
                T: Send,
            {
                async fn run(mut self) {
                    while let $Some(job) = self.jobs.$recv().await {
                        let _ = self.handle(job).await;
                    }
                }

                async fn handle(&mut self, job: Job) -> Outcome {
                    work(&self.notes, &job).await
                }
            }

            #[test]
            fn tree() {
                let go = |bench: Bench| async move {
                    Worker { jobs: jobs(&bench, [1, 2]), notes: bench.notes, _state: "any" }.run().await;
                };
                check(go, whole([1, 2]));
            }
        }

        /// The attribute on an inline module.
        mod whole_module {
            use super::*;

            #[traced_actor]
            mod actor {
                use super::*;

                pub(super) struct Worker {
                    pub(super) jobs: $channel::$Receiver<Job>,
                    pub(super) notes: Notes,
                }

                impl Worker {
                    pub(super) async fn run(mut self) {
                        while let $Some(job) = self.jobs.$recv().await {
                            let _ = self.handle(job).await;
                        }
                    }

                    async fn handle(&mut self, job: Job) -> Outcome {
                        work(&self.notes, &job).await
                    }
                }
            }

            #[test]
            fn tree() {
                let go = |bench: Bench| async move {
                    actor::Worker { jobs: jobs(&bench, [1, 2]), notes: bench.notes }.run().await;
                };
                check(go, whole([1, 2]));
            }
        }

        /// Two mailboxes in one loop, with a handler each.
        mod two_mailboxes {
            use super::*;

            struct Worker {
                jobs: $channel::$Receiver<Job>,
                steps: $channel::$Receiver<Step>,
                notes: Notes,
            }

            #[traced_actor(handler = handle)]
            impl Worker {
                async fn run(mut self) {
                    loop {
                        tokio::select! {
                            biased;
                            $Some(job) = self.jobs.$recv() => drop(self.handle(job).await),
                            $Some(step) = self.steps.$recv() => self.notes.note(format!("step {}", step.0)),
                            else => break,
                        }
                    }
                }

                async fn handle(&mut self, job: Job) -> Outcome {
                    work(&self.notes, &job).await
                }
            }

            #[test]
            fn tree() {
                let go = |bench: Bench| async move {
                    let (sender, steps) = open();
                    bench.send(&sender, [(3, Step(3)), (4, Step(4))]);
                    drop(sender);
                    Worker { jobs: jobs(&bench, [1, 2]), steps, notes: bench.notes }.run().await;
                };
                let step = |n: u32| -> Node { user(n, [span("Worker/Step", [note(&format!("step {n}"))])]) };
                check(go, [whole([1, 2]), vec![step(3), step(4)]].concat());
            }
        }
    };
}

each_channel!(shapes);
