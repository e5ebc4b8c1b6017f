//! Handlers that run beside their loop: kept in a set, spawned, raced, in a pool.

macro_rules! shapes {
    ($kind:ident, $channel:ident, $Receiver:ident, $recv:ident, $Some:ident, $blocking:ident, $stream:path) => {
        use std::rc::Rc;
        use std::sync::Arc;

        use futures_util::StreamExt;
        use futures_util::stream::FuturesUnordered;
        use tokio::sync::{Mutex, Notify};
        use tokio::task::{JoinSet, LocalSet};
        use crate::channels::all::$channel;
        use traced_actor::{TracedExt, task, traced_actor};

        use crate::shapes::{Job, Outcome, others, poll_once, whole, whole_of, work, work_now, worked};
        use crate::tree::{Bench, Notes, check, check_both, note, span, user};

        opening!($kind, $channel, $Receiver);

        // ----- in the loop's own task -----

        worker! { $channel $Receiver, futures_unordered, [1, 2, 3], whole([1, 2, 3]), only {
            async fn run(mut self) {
                let Self { mut jobs, notes } = self;
                let mut busy = FuturesUnordered::new();
                loop {
                    tokio::select! {
                        received = jobs.$recv() => match received {
                            $Some(job) => busy.push(Self::handle(&notes, job)),
                            _ => break,
                        },
                        Some(_) = busy.next() => {}
                    }
                }
                while busy.next().await.is_some() {}
            }

            async fn handle(notes: &Notes, job: Job) -> Outcome {
                work(notes, &job).await
            }
        } }

        worker! { $channel $Receiver, all_joined_at_the_end, [1, 2], whole([1, 2]), only {
            async fn run(mut self) {
                let Self { mut jobs, notes } = self;
                let mut all = Vec::new();
                while let $Some(job) = jobs.$recv().await {
                    all.push(Self::handle(&notes, job));
                }
                futures_util::future::join_all(all).await;
            }

            async fn handle(notes: &Notes, job: Job) -> Outcome {
                work(notes, &job).await
            }
        } }

        worker! { $channel $Receiver, two_at_a_time, [1, 2], whole([1, 2]), only {
            async fn run(mut self) {
                let Self { mut jobs, notes } = self;
                let $Some(first) = jobs.$recv().await else { return };
                let first = Self::handle(&notes, first);
                let $Some(second) = jobs.$recv().await else { return };
                let second = Self::handle(&notes, second);
                let _ = tokio::join!(second, first);
            }

            async fn handle(notes: &Notes, job: Job) -> Outcome {
                work(notes, &job).await
            }
        } }

        worker! { $channel $Receiver, kept_in_a_variable, [1, 2], whole([1, 2]), only {
            async fn run(mut self) {
                let Self { mut jobs, notes } = self;
                let mut busy: Option<futures_util::future::BoxFuture<'_, Outcome>> = None;
                loop {
                    tokio::select! {
                        biased;
                        _ = async { busy.as_mut().expect("the arm is enabled").await }, if busy.is_some() => busy = None,
                        // Its expression is evaluated while it is disabled, too.
                        received = jobs.$recv(), if busy.is_none() => match received {
                            $Some(job) => busy = Some(Box::pin(Self::handle(&notes, job))),
                            _ => break,
                        },
                    }
                }
            }

            async fn handle(notes: &Notes, job: Job) -> Outcome {
                work(notes, &job).await
            }
        } }

        worker! { $channel $Receiver, replaced_by_the_next, [1, 2],
            [user(1, [span("Worker/Run", [note("1 begun")]).failed("cancelled")]), whole([2]).remove(0)],
            only {
                async fn run(mut self) {
                    let Self { mut jobs, notes } = self;
                    let mut busy: Option<futures_util::future::BoxFuture<'_, Outcome>> = None;
                    while let $Some(job) = jobs.$recv().await {
                        let mut next: futures_util::future::BoxFuture<'_, Outcome> = Box::pin(Self::handle(&notes, job));
                        poll_once(&mut next).await;
                        busy = Some(next);
                    }
                    let _ = busy.expect("there were messages").await;
                }

                async fn handle(notes: &Notes, job: Job) -> Outcome {
                    work(notes, &job).await
                }
            }
        }

        /// The handlers' futures come out of a stream.
        mod buffered {
            use super::*;

            struct Worker(Notes);

            // The name that a loop without attribute gives.
            #[traced_actor(name = "Job")]
            impl Worker {
                async fn handle_message(&self, job: Job) -> Outcome {
                    work(&self.0, &job).await
                }
            }

            #[test]
            fn for_each_concurrent() {
                let go = |bench: Bench| async move {
                    let worker = Worker(bench.notes.clone());
                    let stream = $stream(jobs(&bench, [1, 2, 3]));
                    let handle = |job| {
                        let handling = worker.handle_message(job);
                        async { _ = handling.await }
                    };
                    stream.for_each_concurrent(2, handle).traced().await;
                };
                check(go, whole_of("Job/Run", [1, 2, 3]));
            }

            #[test]
            fn buffer_unordered() {
                let go = |bench: Bench| async move {
                    let worker = Worker(bench.notes.clone());
                    let stream = $stream(jobs(&bench, [1, 2, 3]));
                    stream.map(|job| worker.handle_message(job)).buffer_unordered(2).count().traced().await;
                };
                check(go, whole_of("Job/Run", [1, 2, 3]));
            }
        }

        // ----- in tasks -----

        /// A worker that starts its handlers as tasks, and waits for them at the end.
        macro_rules! spawning {
            ($name:ident, $me:ident, $job:ident, $spawned:expr) => {
                mod $name {
                    use super::*;

                    struct Worker(Notes);

                    #[traced_actor]
                    impl Worker {
                        async fn run(self: Arc<Self>, mut jobs: $channel::$Receiver<Job>) {
                            let mut tasks = Vec::new();
                            while let $Some($job) = jobs.$recv().await {
                                let $me = self.clone();
                                tasks.push($spawned);
                                others().await;
                            }
                            for task in tasks {
                                let _ = task.await;
                            }
                        }

                        async fn handle(self: Arc<Self>, job: Job) -> Outcome {
                            work(&self.0, &job).await
                        }
                    }

                    pub(super) async fn go(bench: Bench) {
                        let worker = Arc::new(Worker(bench.notes.clone()));
                        worker.run(jobs(&bench, [1, 2])).await;
                    }
                }
            };
        }

        spawning!(spawned_late, me, job, task::spawn(async move { me.handle(job).await }));
        spawning!(spawned_called, me, job, task::spawn(me.handle(job)));
        spawning!(tokio_spawned_called, me, job, tokio::spawn(me.handle(job)));
        spawning!(spawned_traced, me, job, task::spawn(me.handle(job).traced()));
        spawning!(tokio_spawned_late, me, job, tokio::spawn(async move { me.handle(job).await }));

        #[test]
        fn task_per_message() {
            check(spawned_late::go, whole([1, 2]));
        }

        #[test]
        fn task_per_message_called_in_the_loop() {
            check(spawned_called::go, whole([1, 2]));
        }

        #[test]
        fn tokio_task_per_message_called_in_the_loop() {
            check(tokio_spawned_called::go, whole([1, 2]));
        }

        #[test]
        fn task_per_message_behind_traced() {
            check(spawned_traced::go, whole([1, 2]));
        }

        /// Nothing can be known of a task that `tokio::spawn` started: a root.
        #[test]
        fn tokio_task_per_message() {
            let roots = [worked("Worker/Run", 1), worked("Worker/Run", 2)];
            let received = [1, 2].map(|number| user(number, [span("Worker/Run", [])]));
            check_both(tokio_spawned_late::go, [&received[..], &roots[..]].concat(), roots);
        }

        /// The loop asks for the next message before the task is polled first, and is over before that, too.
        mod spawned_and_gone {
            use super::*;

            struct Worker(Notes);

            #[traced_actor]
            impl Worker {
                async fn run(self: Arc<Self>, mut jobs: $channel::$Receiver<Job>, done: Arc<Notify>) {
                    while let $Some(job) = jobs.$recv().await {
                        let (me, done) = (self.clone(), done.clone());
                        task::spawn(async move {
                            let _ = me.handle(job).await;
                            done.notify_one();
                        });
                    }
                }

                async fn handle(&self, job: Job) -> Outcome {
                    work(&self.0, &job).await
                }
            }

            #[test]
            fn tree() {
                let go = |bench: Bench| async move {
                    let done = Arc::new(Notify::new());
                    Arc::new(Worker(bench.notes.clone())).run(jobs(&bench, [1]), done.clone()).await;
                    done.notified().await;
                };
                check(go, whole([1]));
            }
        }

        /// The task waits for something else before it calls the handler, and the loop asks for more meanwhile. The message's
        /// span has ended by then, so the handler has one of its own below it.
        mod spawned_behind_a_permit {
            use super::*;

            struct Worker(Notes);

            #[traced_actor]
            impl Worker {
                async fn run(self: Arc<Self>, mut jobs: $channel::$Receiver<Job>) {
                    let mut tasks = Vec::new();
                    while let $Some(job) = jobs.$recv().await {
                        let me = self.clone();
                        tasks.push(task::spawn(async move {
                            others().await;
                            me.handle(job).await
                        }));
                    }
                    for task in tasks {
                        let _ = task.await;
                    }
                }

                async fn handle(&self, job: Job) -> Outcome {
                    work(&self.0, &job).await
                }
            }

            #[test]
            fn tree() {
                let go = |bench: Bench| async move {
                    Arc::new(Worker(bench.notes.clone())).run(jobs(&bench, [1])).await;
                };
                check(go, [user(1, [span("Worker/Run", [worked("Worker/Run", 1)])])]);
            }
        }

        /// The task works on without a handler: what it sends is below the message, which does not wait for it.
        mod side_job {
            use super::*;

            #[traced_actor(name = "Worker")]
            async fn run(mut jobs: $channel::$Receiver<Job>, notes: Notes) {
                let mut tasks = Vec::new();
                while let $Some(job) = jobs.$recv().await {
                    let notes = notes.clone();
                    tasks.push(task::spawn(async move {
                        others().await;
                        notes.note(format!("{} beside", job.number()));
                    }));
                }
                notes.note("no more");
                for task in tasks {
                    let _ = task.await;
                }
            }

            #[test]
            fn tree() {
                let go = |bench: Bench| async move { run(jobs(&bench, [1, 2]), bench.notes).await };
                check(
                    go,
                    [
                        user(1, [span("Worker/Run", [note("1 beside")])]),
                        user(2, [span("Worker/Run", [note("2 beside")])]),
                        note("no more"),
                    ],
                );
            }
        }

        /// A handler that starts a task: what that sends is below the handler, and ends nothing.
        mod handler_that_spawns {
            use super::*;

            worker! { $channel $Receiver, inner, [1],
                [user(1, [span("Worker/Run", [note("beside"), note("done")])])],
                only {
                    async fn run(mut self) {
                        while let $Some(job) = self.jobs.$recv().await {
                            self.handle(job).await;
                        }
                    }

                    async fn handle(&mut self, _job: Job) {
                        let notes = self.notes.clone();
                        let beside = task::spawn(async move {
                            others().await;
                            notes.note("beside");
                        });
                        self.notes.note("done");
                        beside.await.unwrap();
                    }
                }
            }
        }

        /// `JoinSet` with plain `tokio::spawn` inside: the call in the loop claims.
        mod join_set {
            use super::*;

            struct Worker(Notes);

            #[traced_actor]
            impl Worker {
                async fn run(self: Arc<Self>, mut jobs: $channel::$Receiver<Job>) {
                    let mut tasks = JoinSet::new();
                    while let $Some(job) = jobs.$recv().await {
                        tasks.spawn(self.clone().handle(job));
                    }
                    while tasks.join_next().await.is_some() {}
                }

                async fn handle(self: Arc<Self>, job: Job) -> Outcome {
                    work(&self.0, &job).await
                }
            }

            #[test]
            fn tree() {
                let go = |bench: Bench| async move {
                    Arc::new(Worker(bench.notes.clone())).run(jobs(&bench, [1, 2, 3])).await;
                };
                check(go, whole([1, 2, 3]));
            }
        }

        /// The set is dropped while its handlers work: they are cancelled.
        mod join_set_aborted {
            use super::*;

            struct Worker(Notes);

            #[traced_actor]
            impl Worker {
                async fn run(self: Arc<Self>, mut jobs: $channel::$Receiver<Job>) {
                    let mut tasks = JoinSet::new();
                    while let $Some(job) = jobs.$recv().await {
                        tasks.spawn(self.clone().handle(job));
                    }
                    tasks.shutdown().await;
                }

                async fn handle(self: Arc<Self>, _job: Job) {
                    std::future::pending::<()>().await;
                }
            }

            #[test]
            fn tree() {
                let go = |bench: Bench| async move {
                    Arc::new(Worker(bench.notes.clone())).run(jobs(&bench, [1, 2])).await;
                };
                check(go, [1, 2].map(|number| user(number, [span("Worker/Run", []).failed("cancelled")])));
            }
        }

        /// Handlers whose futures are not `Send`, in tasks of the same thread.
        mod local {
            use super::*;

            struct Worker(Rc<Notes>);

            #[traced_actor(local)]
            impl Worker {
                async fn run(self: Rc<Self>, mut jobs: $channel::$Receiver<Job>, late: bool) {
                    let mut tasks = Vec::new();
                    while let $Some(job) = jobs.$recv().await {
                        let me = self.clone();
                        if late {
                            tasks.push(task::spawn_local(async move { me.handle(job).await }));
                        } else {
                            tasks.push(tokio::task::spawn_local(me.handle(job)));
                        }
                    }
                    for task in tasks {
                        let _ = task.await;
                    }
                }

                async fn handle(self: Rc<Self>, job: Job) -> Outcome {
                    work(&self.0, &job).await
                }
            }

            async fn go(bench: Bench, late: bool) {
                let jobs = jobs(&bench, [1, 2]);
                LocalSet::new().run_until(Rc::new(Worker(Rc::new(bench.notes))).run(jobs, late)).await;
            }

            #[test]
            fn called_in_the_task() {
                check(|bench| go(bench, true), whole([1, 2]));
            }

            #[test]
            fn called_in_the_loop() {
                check(|bench| go(bench, false), whole([1, 2]));
            }
        }

        /// A handler that blocks, on a thread for blocking work. It is called there, so its span is the message's or below it.
        mod spawn_blocking {
            use super::*;

            struct Worker(Notes);

            #[traced_actor]
            impl Worker {
                async fn run(self: Arc<Self>, mut jobs: $channel::$Receiver<Job>) {
                    while let $Some(job) = jobs.$recv().await {
                        let me = self.clone();
                        let _ = task::spawn_blocking(move || me.handle(job)).await;
                    }
                }

                fn handle(&self, job: Job) -> Outcome {
                    work_now(&self.0, &job)
                }
            }

            #[test]
            fn tree() {
                let go = |bench: Bench| async move {
                    Arc::new(Worker(bench.notes.clone())).run(jobs(&bench, [1, 2])).await;
                };
                check(go, whole([1, 2]));
            }
        }

        // ----- pools -----

        /// Workers that share the receiver: one asks for the next message while another still handles the last one.
        mod pool {
            use super::*;

            struct Worker {
                jobs: Arc<Mutex<$channel::$Receiver<Job>>>,
                notes: Notes,
            }

            #[traced_actor(msg = Job)]
            impl Worker {
                async fn run(self) {
                    loop {
                        let job = { self.jobs.lock().await.$recv().await };
                        let $Some(job) = job else { break };
                        let _ = self.handle(job).await;
                    }
                }

                async fn handle(&self, job: Job) -> Outcome {
                    work(&self.notes, &job).await
                }
            }

            async fn go(bench: Bench, workers: usize) {
                let jobs = Arc::new(Mutex::new(jobs(&bench, [1, 2, 3, 4])));
                let worker = || Worker { jobs: jobs.clone(), notes: bench.notes.clone() };
                let workers: Vec<_> = (0..workers).map(|_| tokio::spawn(worker().run())).collect();
                for worker in workers {
                    worker.await.unwrap();
                }
            }

            #[test]
            fn of_two() {
                check(|bench| go(bench, 2), whole([1, 2, 3, 4]));
            }

            #[test]
            fn of_four() {
                check(|bench| go(bench, 4), whole([1, 2, 3, 4]));
            }

            struct Plain(Notes);

            // The name that a loop without attribute gives.
            #[traced_actor(name = "Job")]
            impl Plain {
                async fn handle(&self, job: Job) -> Outcome {
                    work(&self.0, &job).await
                }
            }

            async fn unscoped(bench: Bench) {
                let jobs = Arc::new(Mutex::new(jobs(&bench, [1, 2, 3, 4])));
                let mut workers = Vec::new();
                for _ in 0..2 {
                    let (jobs, worker) = (jobs.clone(), Plain(bench.notes.clone()));
                    workers.push(tokio::spawn(async move {
                        loop {
                            let job = { jobs.lock().await.$recv().await };
                            let $Some(job) = job else { break };
                            let _ = worker.handle(job).await;
                        }
                    }));
                }
                for worker in workers {
                    worker.await.unwrap();
                }
            }

            /// The same, where nothing but the handler has the attribute.
            #[test]
            fn of_plain_tasks() {
                check(unscoped, whole_of("Job/Run", [1, 2, 3, 4]));
            }
        }

        /// Like `pool`, with something else awaited between the receive and the handler. While this worker waits, the
        /// next one asks for a message, which leaves the last message to this worker.
        mod pool_that_awaits {
            use super::*;

            struct Worker {
                jobs: Arc<Mutex<$channel::$Receiver<Job>>>,
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
                    let jobs = Arc::new(Mutex::new(jobs(&bench, [1])));
                    let worker = || Box::pin(Worker { jobs: jobs.clone(), notes: bench.notes.clone() }.run());
                    let (mut first, mut second) = (worker(), worker());
                    poll_once(&mut first).await;
                    second.await;
                    first.await;
                };
                check(go, whole([1]));
            }

            struct Plain(Notes);

            #[traced_actor]
            impl Plain {
                async fn handle(&self, job: Job) -> Outcome {
                    work(&self.0, &job).await
                }
            }

            /// The same in two tasks without a flow, of which the second one asks before the first one's handler is called.
            #[test]
            fn of_plain_tasks() {
                let go = |bench: Bench| async move {
                    let jobs = Arc::new(Mutex::new(jobs(&bench, [1])));
                    let (received, has_received) = tokio::sync::oneshot::channel();
                    let (asked, has_asked) = tokio::sync::oneshot::channel();
                    let (first, notes) = (jobs.clone(), bench.notes.clone());
                    let first = tokio::spawn(async move {
                        let job = { first.lock().await.$recv().await };
                        received.send(()).unwrap();
                        has_asked.await.unwrap();
                        let $Some(job) = job else { return };
                        let _ = Plain(notes).handle(job).await;
                    });
                    let second = tokio::spawn(async move {
                        has_received.await.unwrap();
                        let none = { jobs.lock().await.$recv().await };
                        assert!(!matches!(none, $Some(_)));
                        asked.send(()).unwrap();
                    });
                    first.await.unwrap();
                    second.await.unwrap();
                };
                let below = user(1, [span("Job/Run", [worked("Plain/Run", 1)])]);
                let whole = whole_of("Plain/Run", [1]);
                // Of a receiver that several flows use at a time, none ends what another one received.
                check(go, if IS_SHARED { whole } else { vec![below] });
            }
        }
    };
}

each_channel!(shapes);
