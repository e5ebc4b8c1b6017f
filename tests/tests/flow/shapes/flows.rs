//! The flow of a message: receivers that move, tasks without a scope, threads, receives within receives.

macro_rules! shapes {
    ($kind:ident, $channel:ident, $Receiver:ident, $recv:ident, $Some:ident, $blocking:ident, $stream:path) => {
        use crate::channels::all::$channel;
        use traced_actor::{TracedExt, task, traced_actor};

        use crate::shapes::{
            Job, Outcome, Step, others, poll_once, runs, whole, whole_of, work, work_now, worked,
        };
        use crate::tree::{Bench, Node, Notes, check, check_both, note, span, user};

        opening!($kind, $channel, $Receiver);

        fn noted<const N: usize>(name: &str, users: [u32; N], text: &str) -> Vec<Node> {
            users.map(|number| user(number, [span(name, [note(text)])])).into()
        }

        // ----- a receiver that moves -----

        /// Each connection's first message is received here, and the rest by somebody else. Nothing of it stays behind.
        macro_rules! handover {
            ($name:ident, $first:ident, $rest:ident, $notes:ident, $hand_over:expr) => {
                mod $name {
                    use super::*;

                    // The name that what is received elsewhere has, too.
                    #[traced_actor(name = "Job")]
                    async fn accept(mut connections: Vec<$channel::$Receiver<Job>>, $notes: Notes) {
                        for mut $rest in connections.drain(..) {
                            let $Some($first) = $rest.$recv().await else { return };
                            $notes.note(format!("hello {}", $first.number()));
                            $hand_over;
                            $notes.note("audit");
                        }
                    }

                    #[test]
                    fn tree() {
                        let go = |bench: Bench| async move {
                            let connections = vec![jobs(&bench, [1, 2]), jobs(&bench, [3, 4])];
                            accept(connections, bench.notes).await;
                        };
                        let hello =
                            |number: u32| user(number, [span("Job/Run", [note(&format!("hello {number}"))])]);
                        let bye = |number: u32| user(number, [span("Job/Run", [note("bye")])]);
                        check(go, [hello(1), bye(2), hello(3), bye(4), note("audit"), note("audit")]);
                    }
                }
            };
        }

        async fn rest(mut jobs: $channel::$Receiver<Job>, notes: Notes) {
            while let $Some(_) = jobs.$recv().await {
                others().await;
                notes.note("bye");
            }
        }

        handover!(to_a_task, _first, lines, notes, {
            tokio::spawn(rest(lines, notes.clone()).traced()).await.unwrap()
        });
        handover!(to_a_plain_task, _first, lines, notes, {
            tokio::spawn(rest(lines, notes.clone())).await.unwrap()
        });
        handover!(to_a_task_that_inherits, _first, lines, notes, {
            task::spawn(rest(lines, notes.clone())).await.unwrap()
        });
        handover!(to_an_inner_scope, _first, lines, notes, rest(lines, notes.clone()).traced().await);
        handover!(to_a_thread, _first, lines, notes, {
            let (mut lines, to) = (lines, notes.clone());
            crate::support::Recording::here().on_thread(move || {
                while let $Some(_) = lines.$blocking() {
                    to.note("bye");
                }
            });
        });

        /// The connection goes on while the loop that accepted it does, too. What the loop sends meanwhile is its own.
        mod handover_to_a_task_that_stays {
            use super::*;

            #[traced_actor(name = "Job")]
            async fn accept(mut lines: $channel::$Receiver<Job>, notes: Notes) {
                let $Some(_) = lines.$recv().await else { return };
                let task = tokio::spawn(rest(lines, notes.clone()).traced());
                others().await;
                notes.note("audit");
                task.abort();
                let _ = task.await;
            }

            #[test]
            fn tree() {
                let go = |bench: Bench| async move {
                    let (sender, lines) = open();
                    bench.send(&sender, runs([1]));
                    // On another task, so that the runtime has two for the two of them.
                    tokio::spawn(accept(lines, bench.notes)).await.unwrap();
                    drop(sender);
                };
                let expected = if IS_SHARED {
                    // A limit: where several flows use a receiver at a time, nothing tells that it has moved.
                    vec![user(1, [span("Job/Run", [note("audit")])])]
                } else {
                    vec![user(1, [span("Job/Run", [])]), note("audit")]
                };
                check(go, expected);
            }
        }

        /// A message of another kind is received by somebody else before the first one's handler is called: an unsampled message
        /// stays so.
        mod taken_by_another_worker {
            use super::*;

            struct Worker {
                jobs: std::sync::Arc<tokio::sync::Mutex<$channel::$Receiver<Job>>>,
                notes: Notes,
            }

            #[traced_actor(msg = Job)]
            impl Worker {
                async fn run(self) {
                    let job = { self.jobs.lock().await.$recv().await };
                    let $Some(job) = job else { return };
                    others().await;
                    let _ = self.handle(job).await;
                }

                async fn handle(&self, job: Job) -> Outcome {
                    work(&self.notes, &job).await
                }
            }

            #[test]
            fn tree() {
                let go = |bench: Bench| async move {
                    let (sender, jobs) = open();
                    bench.send(&sender, [(1, Job::Run(1)), (2, Job::Rest(2))]);
                    drop(sender);
                    let jobs = std::sync::Arc::new(tokio::sync::Mutex::new(jobs));
                    let worker = || Box::pin(Worker { jobs: jobs.clone(), notes: bench.notes.clone() }.run());
                    let (mut first, mut second) = (worker(), worker());
                    poll_once(&mut first).await;
                    poll_once(&mut second).await;
                    first.await;
                    second.await;
                };
                check(go, [whole([1]).remove(0), user(2, [worked("Worker/Rest", 2)])]);
            }
        }

        /// With a handler for the first message, and the actor then run as a task.
        mod handover_with_a_handler {
            use super::*;

            struct Worker {
                jobs: $channel::$Receiver<Job>,
                notes: Notes,
            }

            // One name, whether the loop or the handler gives it.
            #[traced_actor(msg = Job, name = "Worker")]
            impl Worker {
                async fn run(mut self) {
                    while let $Some(job) = self.jobs.$recv().await {
                        let _ = self.handle(job).await;
                    }
                }

                async fn handle(&mut self, job: Job) -> Outcome {
                    work(&self.notes, &job).await
                }
            }

            #[traced_actor(name = "Worker")]
            async fn accept(mut workers: Vec<Worker>, notes: Notes) {
                for mut worker in workers.drain(..) {
                    let $Some(job) = worker.jobs.$recv().await else { return };
                    let _ = worker.handle(job).await;
                    notes.note("audit");
                    tokio::spawn(worker.run()).await.unwrap();
                    notes.note("audit");
                }
            }

            #[test]
            fn tree() {
                let go = |bench: Bench| async move {
                    let worker = |users| Worker { jobs: jobs(&bench, users), notes: bench.notes.clone() };
                    accept(vec![worker([1, 2]), worker([3, 4])], bench.notes.clone()).await;
                };
                check(go, [whole([1, 2, 3, 4]), vec![note("audit"); 4]].concat());
            }
        }

        /// The receiver goes back and forth between two flows that stay.
        mod back_and_forth {
            use super::*;

            #[test]
            fn tree() {
                let go = |bench: Bench| async move {
                    let jobs = tokio::sync::Mutex::new(jobs(&bench, [1, 2, 3, 4]));
                    let turn = |name: &'static str| {
                        let (jobs, notes) = (&jobs, &bench.notes);
                        Box::pin(
                            async move {
                                for _ in 0..2 {
                                    let received = { jobs.lock().await.$recv().await };
                                    assert!(matches!(received, $Some(_)));
                                    notes.note(name);
                                    tokio::task::yield_now().await;
                                    tokio::task::yield_now().await;
                                }
                            }
                            .traced(),
                        )
                    };
                    let (mut left, mut right) = (turn("left"), turn("right"));
                    for _ in 0..5 {
                        poll_once(&mut left).await;
                        poll_once(&mut right).await;
                    }
                };
                let by = |number: u32, name: &str| user(number, [span("Job/Run", [note(name)])]);
                check(go, [by(1, "left"), by(2, "right"), by(3, "left"), by(4, "right")]);
            }
        }

        // ----- a task without a scope -----

        mod plain_tasks {
            use super::*;

            async fn inline(mut jobs: $channel::$Receiver<Job>, notes: Notes) {
                while let $Some(_) = jobs.$recv().await {
                    others().await;
                    notes.note("inline");
                    others().await;
                }
                notes.note("no more");
            }

            #[test]
            fn inline_loop() {
                let go = |bench: Bench| async move {
                    tokio::spawn(inline(jobs(&bench, [1, 2]), bench.notes)).await.unwrap();
                };
                check(go, [noted("Job/Run", [1, 2], "inline"), vec![note("no more")]].concat());
            }

            #[test]
            fn four_at_a_time() {
                let go = |bench: Bench| async move {
                    let mut tasks = Vec::new();
                    for first in [1, 3, 5, 7] {
                        let jobs = jobs(&bench, [first, first + 1]);
                        tasks.push(tokio::spawn(inline(jobs, bench.notes.clone())));
                    }
                    for task in tasks {
                        task.await.unwrap();
                    }
                };
                let inline = noted("Job/Run", [1, 2, 3, 4, 5, 6, 7, 8], "inline");
                check(go, [inline, vec![note("no more"); 4]].concat());
            }

            struct Worker(Notes);

            // The name that a loop without attribute gives.
            #[traced_actor(name = "Job")]
            impl Worker {
                async fn handle(&self, job: Job) -> Outcome {
                    work(&self.0, &job).await
                }
            }

            #[test]
            fn with_a_handler() {
                let go = |bench: Bench| async move {
                    let mut jobs = jobs(&bench, [1, 2]);
                    let worker = Worker(bench.notes);
                    let run = async move {
                        while let $Some(job) = jobs.$recv().await {
                            let _ = worker.handle(job).await;
                        }
                    };
                    tokio::spawn(run).await.unwrap();
                };
                check(go, whole_of("Job/Run", [1, 2]));
            }

            /// Nothing that the task received is left to a task that comes after it.
            #[test]
            fn one_after_the_other() {
                let go = |bench: Bench| async move {
                    for number in [1, 2, 3] {
                        let mut jobs = jobs(&bench, [number]);
                        let notes = bench.notes.clone();
                        let kept = tokio::spawn(async move {
                            assert!(matches!(jobs.$recv().await, $Some(_)));
                            notes.note("inline");
                            jobs
                        })
                        .await
                        .unwrap();
                        let notes = bench.notes.clone();
                        tokio::spawn(async move { notes.note("another") }).await.unwrap();
                        drop(kept);
                    }
                };
                check(go, [noted("Job/Run", [1, 2, 3], "inline"), vec![note("another"); 3]].concat());
            }

            #[test]
            fn receiver_dropped_elsewhere() {
                let go = |bench: Bench| async move {
                    let (mut jobs, notes) = (jobs(&bench, [1]), bench.notes.clone());
                    let task = tokio::spawn(async move {
                        assert!(matches!(jobs.$recv().await, $Some(_)));
                        notes.note("inline");
                        tokio::spawn(async move { drop(jobs) }).await.unwrap();
                        notes.note("free");
                    });
                    task.await.unwrap();
                };
                check(go, [noted("Job/Run", [1], "inline"), vec![note("free")]].concat());
            }
        }

        // ----- threads -----

        mod threads {
            use super::*;

            #[test]
            fn inline_loop() {
                let go = |bench: Bench| async move {
                    let (mut jobs, notes) = (jobs(&bench, [1, 2]), bench.notes.clone());
                    bench.recording.on_thread(move || {
                        while let $Some(_) = jobs.$blocking() {
                            notes.note("inline");
                        }
                        notes.note("no more");
                    });
                };
                check(go, [noted("Job/Run", [1, 2], "inline"), vec![note("no more")]].concat());
            }

            #[test]
            fn try_recv() {
                let go = |bench: Bench| async move {
                    let (mut jobs, notes) = (jobs(&bench, [1, 2]), bench.notes.clone());
                    bench.recording.on_thread(move || {
                        while let Ok(_) = jobs.try_recv() {
                            notes.note("inline");
                        }
                        notes.note("no more");
                    });
                };
                check(go, [noted("Job/Run", [1, 2], "inline"), vec![note("no more")]].concat());
            }

            struct Worker {
                jobs: $channel::$Receiver<Job>,
                notes: Notes,
            }

            #[traced_actor]
            impl Worker {
                fn run(mut self) {
                    while let $Some(job) = self.jobs.$blocking() {
                        let _ = self.handle(job);
                        while let Ok(job) = self.jobs.try_recv() {
                            let _ = self.handle(job);
                        }
                        self.notes.note("between");
                    }
                }

                fn handle(&mut self, job: Job) -> Outcome {
                    work_now(&self.notes, &job)
                }
            }

            #[test]
            fn with_a_handler() {
                let go = |bench: Bench| async move {
                    let worker = Worker { jobs: jobs(&bench, [1, 2, 3]), notes: bench.notes.clone() };
                    bench.recording.on_thread(move || worker.run());
                };
                check(go, [whole([1, 2, 3]), vec![note("between")]].concat());
            }

            #[test]
            fn with_a_handler_in_spawn_blocking() {
                let go = |bench: Bench| async move {
                    let worker = Worker { jobs: jobs(&bench, [1, 2, 3]), notes: bench.notes.clone() };
                    tokio::task::spawn_blocking(move || worker.run()).await.unwrap();
                };
                check(go, [whole([1, 2, 3]), vec![note("between")]].concat());
            }

            /// The thread of a pool has nothing left of what it ran before.
            #[test]
            fn receiver_dropped() {
                let go = |bench: Bench| async move {
                    let (mut jobs, notes) = (jobs(&bench, [1]), bench.notes.clone());
                    bench.recording.on_thread(move || {
                        assert!(matches!(jobs.$blocking(), $Some(_)));
                        notes.note("inline");
                        drop(jobs);
                        notes.note("free");
                    });
                };
                check(go, [noted("Job/Run", [1], "inline"), vec![note("free")]].concat());
            }

            /// A receiver that goes from a thread to another: the first thread has nothing of it left.
            #[test]
            fn receiver_handed_over() {
                let go = |bench: Bench| async move {
                    let (mut jobs, notes) = (jobs(&bench, [1, 2]), bench.notes.clone());
                    bench.recording.on_thread(move || {
                        assert!(matches!(jobs.$blocking(), $Some(_)));
                        notes.note("inline");
                        let to = notes.clone();
                        crate::support::Recording::here().on_thread(move || {
                            assert!(matches!(jobs.$blocking(), $Some(_)));
                            to.note("inline");
                        });
                        notes.note("free");
                    });
                };
                check(go, [noted("Job/Run", [1, 2], "inline"), vec![note("free")]].concat());
            }
        }

        // ----- a receive within a receive -----

        /// A handler receives something of another kind: that lies on top of it, and ends with it at the latest.
        mod nested {
            use super::*;

            struct Worker {
                jobs: $channel::$Receiver<Job>,
                steps: $channel::$Receiver<Step>,
                notes: Notes,
            }

            #[traced_actor(handler = handle)]
            impl Worker {
                async fn run(mut self) {
                    while let $Some(job) = self.jobs.$recv().await {
                        let _ = self.handle(job).await;
                        self.notes.note("between");
                    }
                    self.notes.note("no more");
                }

                async fn handle(&mut self, job: Job) -> Outcome {
                    self.notes.note("before");
                    assert!(matches!(self.steps.$recv().await, $Some(_)));
                    others().await;
                    self.notes.note("step");
                    if job.number() == 1 { Ok(()) } else { Err("404") }
                }
            }

            #[test]
            fn tree() {
                let go = |bench: Bench| async move {
                    let (sender, steps) = open();
                    bench.send(&sender, [(3, Step(3)), (4, Step(4))]);
                    Worker { jobs: jobs(&bench, [1, 2]), steps, notes: bench.notes }.run().await;
                };
                check(
                    go,
                    [
                        user(1, [span("Worker/Run", [note("before")])]),
                        user(3, [span("Worker/Step", [note("step")])]),
                        user(2, [span("Worker/Run", [note("before")]).failed("404")]),
                        user(4, [span("Worker/Step", [note("step")]).failed("404")]),
                        note("between"),
                        note("between"),
                        note("no more"),
                    ],
                );
            }
        }

        /// The same, where the outer message is handled inline: when it ends, the inner one stays open until its own receiver is
        /// asked, and is what the flow is doing.
        mod nested_inline {
            use super::*;

            #[traced_actor(name = "Worker")]
            async fn run(
                mut jobs: $channel::$Receiver<Job>,
                mut steps: $channel::$Receiver<Step>,
                notes: Notes,
            ) {
                assert!(matches!(jobs.$recv().await, $Some(_)));
                notes.note("job");
                assert!(matches!(steps.$recv().await, $Some(_)));
                notes.note("step");
                let _ = steps.try_recv();
                notes.note("job again");
                let _ = jobs.try_recv();
                notes.note("free");
            }

            #[test]
            fn tree() {
                let go = |bench: Bench| async move {
                    let (sender, steps) = open();
                    bench.send(&sender, [(3, Step(3))]);
                    drop(sender);
                    run(jobs(&bench, [1]), steps, bench.notes).await;
                };
                check(
                    go,
                    [
                        user(1, [span("Worker/Run", [note("job"), note("job again")])]),
                        user(3, [span("Worker/Step", [note("step")])]),
                        note("free"),
                    ],
                );
            }
        }

        /// Two receivers in one inline loop. What one of them handed out stays open until it is asked again.
        mod select_of_two {
            use super::*;

            #[traced_actor(name = "Worker")]
            async fn run(
                mut jobs: $channel::$Receiver<Job>,
                mut steps: $channel::$Receiver<Step>,
                notes: Notes,
            ) {
                for _ in 0..4 {
                    tokio::select! {
                        biased;
                        $Some(_) = jobs.$recv() => notes.note("job"),
                        $Some(_) = steps.$recv() => notes.note("step"),
                        else => break,
                    }
                }
                drop((jobs, steps));
                notes.note("no more");
            }

            #[test]
            fn tree() {
                let go = |bench: Bench| async move {
                    let (sender, steps) = open();
                    bench.send(&sender, [(3, Step(3)), (4, Step(4))]);
                    run(jobs(&bench, [1, 2]), steps, bench.notes).await;
                };
                let mut expected = noted("Worker/Run", [1, 2], "job");
                expected.extend(noted("Worker/Step", [3, 4], "step"));
                expected.push(note("no more"));
                check(go, expected);
            }
        }

        // ----- what a message causes -----

        /// A handler that sends on: the next actor's span is below it, and the one after that below that one.
        mod chain {
            use super::*;

            struct Link {
                jobs: $channel::$Receiver<Job>,
                next: Option<crate::channels::Sender<Job>>,
                notes: Notes,
            }

            #[traced_actor]
            impl Link {
                async fn run(mut self) {
                    while let $Some(job) = self.jobs.$recv().await {
                        self.handle(job).await;
                    }
                }

                async fn handle(&mut self, job: Job) {
                    self.notes.note(format!("{} here", job.number()));
                    if let Some(next) = &self.next {
                        next.send(job);
                    }
                }
            }

            #[test]
            fn tree() {
                let go = |bench: Bench| async move {
                    let (to_second, second) = open();
                    let (to_third, third) = open();
                    let notes = || bench.notes.clone();
                    let link = |jobs, next| Link { jobs, next, notes: notes() };
                    let all = [
                        link(jobs(&bench, [1]), Some(to_second)),
                        link(second, Some(to_third)),
                        link(third, None),
                    ]
                    .map(|link| tokio::spawn(link.run()));
                    for task in all {
                        task.await.unwrap();
                    }
                };
                let third = span("Link/Run", [note("1 here")]);
                let second = span("Link/Run", [note("1 here"), third]);
                check(go, [user(1, [span("Link/Run", [note("1 here"), second])])]);
            }
        }

        /// Messages that the handler of an aborted task sends from `Drop` are still its work.
        mod last_words {
            use super::*;
            use crate::tree::LastNote;

            struct Worker {
                jobs: $channel::$Receiver<Job>,
                notes: Notes,
                waits: std::sync::Arc<tokio::sync::Notify>,
            }

            #[traced_actor]
            impl Worker {
                async fn run(mut self) {
                    while let $Some(job) = self.jobs.$recv().await {
                        self.handle(job).await;
                    }
                }

                async fn handle(&mut self, _job: Job) {
                    let _last = LastNote(self.notes.clone(), "last words");
                    others().await;
                    self.waits.notify_one();
                    std::future::pending::<()>().await;
                }
            }

            #[test]
            fn tree() {
                let go = |bench: Bench| async move {
                    let waits = std::sync::Arc::new(tokio::sync::Notify::new());
                    let jobs = jobs(&bench, [1]);
                    let task = tokio::spawn(Worker { jobs, notes: bench.notes, waits: waits.clone() }.run());
                    waits.notified().await;
                    task.abort();
                    assert!(task.await.unwrap_err().is_cancelled());
                };
                check(go, [user(1, [span("Worker/Run", [note("last words")]).failed("cancelled")])]);
            }
        }
    };
}

each_channel!(shapes);
