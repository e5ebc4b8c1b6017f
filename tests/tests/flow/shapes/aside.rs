//! Messages that are stashed and handled later, with `Envelope::hold` and without.

macro_rules! shapes {
    ($kind:ident, $channel:ident, $Receiver:ident, $recv:ident, $Some:ident, $blocking:ident, $stream:path) => {
        use std::collections::VecDeque;

        use crate::channels::all::$channel;
        use traced_actor::{Envelope, traced_actor};

        use crate::shapes::{Job, Outcome, others, runs, whole, work, worked};
        use crate::tree::{Bench, Node, Notes, check, check_both, note, span, unsampled_note, user};

        opening!($kind, $channel, $Receiver);

        worker! { $channel $Receiver, stash, [1, 2, 3], whole([1, 2, 3]), only {
            async fn run(mut self) {
                let mut stash = Vec::new();
                while let $Some(job) = self.jobs.$recv().await {
                    stash.push(Envelope::hold(job));
                }
                while let Some(envelope) = stash.pop() {
                    let _ = self.handle(envelope).await;
                }
            }

            #[traced(handler)]
            async fn handle(&mut self, job: Job) -> Outcome {
                work(&self.notes, &job).await
            }
        } }

        worker! { $channel $Receiver, one_behind, [1, 2, 3], whole([1, 2, 3]), only {
            async fn run(mut self) {
                let mut last: Option<Envelope<Job>> = None;
                while let $Some(job) = self.jobs.$recv().await {
                    if let Some(envelope) = last.replace(Envelope::hold(job)) {
                        let _ = self.handle(envelope).await;
                    }
                }
                if let Some(envelope) = last {
                    let _ = self.handle(envelope).await;
                }
            }

            #[traced(handler)]
            async fn handle(&mut self, job: Job) -> Outcome {
                work(&self.notes, &job).await
            }
        } }

        // Some messages wait until one that releases them.
        worker! { $channel $Receiver, until_it_is_ready, [1, 2, 9, 3], whole([1, 2, 9, 3]), only {
            async fn run(mut self) {
                let (mut waiting, mut is_ready) = (VecDeque::new(), false);
                while let $Some(job) = self.jobs.$recv().await {
                    is_ready |= job.number() == 9;
                    if !is_ready {
                        waiting.push_back(Envelope::hold(job));
                        continue;
                    }
                    let _ = self.handle(job).await;
                    while let Some(envelope) = waiting.pop_front() {
                        let _ = self.handle(envelope).await;
                    }
                }
            }

            #[traced(handler)]
            async fn handle(&mut self, job: Job) -> Outcome {
                work(&self.notes, &job).await
            }
        } }

        // A message that fails is tried once more, after the others: each try is a span of the same user.
        worker! { $channel $Receiver, retry_queue, [1, 2],
            [user(1, [worked("Worker/Run", 1), worked("Worker/Run", 1)]),
             user(2, [worked("Worker/Run", 2), worked("Worker/Run", 2)])],
            only {
                async fn run(mut self) {
                    let mut failed = VecDeque::new();
                    while let $Some(job) = self.jobs.$recv().await {
                        let envelope = Envelope::hold(job);
                        if self.handle(envelope.clone()).await.is_err() {
                            failed.push_back(envelope);
                        }
                    }
                    while let Some(envelope) = failed.pop_front() {
                        let _ = self.handle(envelope).await;
                    }
                }

                #[traced(handler)]
                async fn handle(&mut self, job: Job) -> Outcome {
                    work(&self.notes, &job).await
                }
            }
        }

        // A message that is sent before the job is held needs a parent: that span ends, and the handler's span is below
        // it.
        worker! { $channel $Receiver, held_after_a_send, [1],
            [user(1, [span("Worker/Run", [note("looked"), worked("Worker/Run", 1)])])],
            only {
                async fn run(mut self) {
                    let mut stash = Vec::new();
                    while let $Some(job) = self.jobs.$recv().await {
                        self.notes.note("looked");
                        stash.push(Envelope::hold(job));
                    }
                    while let Some(envelope) = stash.pop() {
                        let _ = self.handle(envelope).await;
                    }
                }

                #[traced(handler)]
                async fn handle(&mut self, job: Job) -> Outcome {
                    work(&self.notes, &job).await
                }
            }
        }

        // Once it is stashed, nothing belongs to it until it is handled.
        worker! { $channel $Receiver, noted_while_it_is_aside, [1], [note("aside"), whole([1]).remove(0)], only {
            async fn run(mut self) {
                while let $Some(job) = self.jobs.$recv().await {
                    let envelope = Envelope::hold(job);
                    self.notes.note("aside");
                    let _ = self.handle(envelope).await;
                }
            }

            #[traced(handler)]
            async fn handle(&mut self, job: Job) -> Outcome {
                work(&self.notes, &job).await
            }
        } }

        worker! { $channel $Receiver, held_and_never_handled, [1, 2], Vec::<Node>::new(), only {
            async fn run(mut self) {
                let mut stash = Vec::new();
                while let $Some(job) = self.jobs.$recv().await {
                    stash.push(Envelope::hold(job));
                }
                drop(stash);
            }
        } }

        worker! { $channel $Receiver, handled_in_a_task, [1, 2], whole([1, 2]), only {
            async fn run(mut self) {
                let mut stash = Vec::new();
                while let $Some(job) = self.jobs.$recv().await {
                    stash.push(Envelope::hold(job));
                }
                for envelope in stash {
                    let notes = self.notes.clone();
                    let task = tokio::spawn(async move { Self::handle(&notes, envelope).await });
                    let _ = task.await.unwrap();
                }
            }

            #[traced(handler)]
            async fn handle(notes: &Notes, job: Job) -> Outcome {
                work(notes, &job).await
            }
        } }

        /// A message is stashed while another of its kind is open: each is handled under its own trace.
        mod beside_another {
            use super::*;

            struct Worker {
                left: $channel::$Receiver<Job>,
                right: $channel::$Receiver<Job>,
                notes: Notes,
            }

            #[traced_actor(msg = Job)]
            impl Worker {
                async fn run(mut self) {
                    let $Some(job) = self.left.$recv().await else { return };
                    let left = Envelope::hold(job);
                    let $Some(right) = self.right.$recv().await else { return };
                    let _ = self.handle(left).await;
                    let _ = self.handle(right).await;
                }

                async fn handle(&mut self, job: Job) -> Outcome {
                    work(&self.notes, &job).await
                }
            }

            async fn go(bench: Bench) {
                let (left, right) = (jobs(&bench, [1]), jobs(&bench, [2]));
                Worker { left, right, notes: bench.notes }.run().await;
            }

            #[test]
            fn tree() {
                check(go, whole([1, 2]));
            }

            /// A stashed message whose sender had no trace starts its own trace.
            #[test]
            fn of_nobody_s_trace() {
                let go = |bench: Bench| async move {
                    let (sender, left) = open();
                    sender.send_envelope(Envelope::bare(Job::Run(1)));
                    drop(sender);
                    let right = jobs(&bench, [2]);
                    Worker { left, right, notes: bench.notes }.run().await;
                };
                let root = worked("Worker/Run", 1);
                let unsampled = ["2 begun", "2 done"].map(unsampled_note);
                check_both(go, [vec![root.clone()], whole([2])].concat(), [vec![root], unsampled.into()].concat());
            }
        }

        /// Put aside in one actor and sent on to another one: the second actor's span is the sender's child.
        mod sent_on {
            use super::*;

            #[traced_actor(name = "First")]
            async fn forward(mut jobs: $channel::$Receiver<Job>, to: crate::channels::Sender<Job>) {
                while let $Some(job) = jobs.$recv().await {
                    to.send_envelope(Envelope::hold(job));
                }
            }

            struct Worker {
                jobs: $channel::$Receiver<Job>,
                notes: Notes,
            }

            #[traced_actor]
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

            #[test]
            fn tree() {
                let go = |bench: Bench| async move {
                    let (to, second) = open();
                    forward(jobs(&bench, [1, 2]), to).await;
                    Worker { jobs: second, notes: bench.notes }.run().await;
                };
                check(go, whole([1, 2]));
            }
        }

        /// Received with its envelope, kept as long as anyone likes.
        mod received_as_envelopes {
            use super::*;

            struct Worker(Notes);

            #[traced_actor(msg = Job, handler = handle)]
            impl Worker {
                async fn handle(&self, job: Job) -> Outcome {
                    work(&self.0, &job).await
                }
            }

            #[test]
            fn tree() {
                let go = |bench: Bench| async move {
                    let mut jobs = jobs(&bench, [1, 2, 3]);
                    let worker = Worker(bench.notes);
                    let mut envelopes = Vec::new();
                    while let Ok(envelope) = jobs.try_recv_envelope() {
                        envelopes.push(envelope);
                    }
                    while let Some(envelope) = envelopes.pop() {
                        let _ = worker.handle(envelope).await;
                    }
                };
                check(go, whole([1, 2, 3]));
            }
        }

        // ----- without `hold` -----

        /// Known to be wrong, and documented: a plain message that is handled after another of its kind was received is taken for
        /// that one, and the last one for a message of nobody. `hold` makes it right.
        mod one_behind_plain {
            use super::*;

            struct Worker {
                jobs: $channel::$Receiver<Job>,
                notes: Notes,
            }

            #[traced_actor]
            impl Worker {
                async fn run(mut self) {
                    let mut last = None;
                    while let $Some(job) = self.jobs.$recv().await {
                        if let Some(job) = last.replace(job) {
                            let _ = self.handle(job).await;
                        }
                    }
                    if let Some(job) = last {
                        let _ = self.handle(job).await;
                    }
                }

                #[traced(handler)]
                async fn handle(&mut self, job: Job) -> Outcome {
                    work(&self.notes, &job).await
                }
            }

            #[test]
            fn tree() {
                let go = |bench: Bench| async move {
                    Worker { jobs: jobs(&bench, [1, 2]), notes: bench.notes }.run().await;
                };
                let root = worked("Worker/Run", 2);
                check_both(
                    go,
                    [user(1, [span("Worker/Run", [])]), user(2, [worked("Worker/Run", 1)]), root.clone()],
                    [unsampled_note("1 begun"), unsampled_note("1 done"), root],
                );
            }
        }

        /// Two open messages of one type and kind: none is guessed. Each handler's span is a root with a link to both.
        mod two_candidates {
            use super::*;

            struct Worker {
                left: $channel::$Receiver<Job>,
                right: $channel::$Receiver<Job>,
                notes: Notes,
            }

            #[traced_actor(msg = Job)]
            impl Worker {
                async fn run(mut self) {
                    let $Some(left) = self.left.$recv().await else { return };
                    let $Some(right) = self.right.$recv().await else { return };
                    let _ = self.handle(left).await;
                    let _ = self.handle(right).await;
                }

                async fn handle(&mut self, job: Job) -> Outcome {
                    work(&self.notes, &job).await
                }
            }

            #[test]
            fn tree() {
                let go = |bench: Bench| async move {
                    let (left, right) = (jobs(&bench, [1]), jobs(&bench, [2]));
                    Worker { left, right, notes: bench.notes }.run().await;
                };
                let received = [1, 2].map(|number| user(number, [span("Worker/Run", [])]));
                let handled = [1, 2].map(|number| {
                    let notes = [note(&format!("{number} begun")), note(&format!("{number} done"))];
                    span("Worker/Run", notes).links(2).failed("404")
                });
                let unsampled = ["1 begun", "1 done", "2 begun", "2 done"].map(unsampled_note);
                check_both(go, [received, handled].concat(), unsampled);
            }
        }

        /// Two open messages of different types are not ambiguous, whether sampled or not.
        mod two_types {
            use super::*;

            /// A type whose kind has the name of the other type's.
            #[traced_actor]
            enum Order {
                Run(u32),
            }

            struct Worker {
                jobs: $channel::$Receiver<Job>,
                orders: $channel::$Receiver<Order>,
                notes: Notes,
            }

            struct Orders(Notes);

            #[traced_actor]
            impl Orders {
                async fn handle(&mut self, order: Order) -> Outcome {
                    let Order::Run(number) = order;
                    work(&self.0, &Job::Run(number)).await
                }
            }

            #[traced_actor(msg = Job)]
            impl Worker {
                async fn run(mut self) {
                    let $Some(job) = self.jobs.$recv().await else { return };
                    let $Some(order) = self.orders.$recv().await else { return };
                    let _ = self.handle(job).await;
                    let _ = Orders(self.notes.clone()).handle(order).await;
                }

                async fn handle(&mut self, job: Job) -> Outcome {
                    work(&self.notes, &job).await
                }
            }

            #[test]
            fn one_is_unsampled() {
                let go = |bench: Bench| async move {
                    let (sender, orders) = open();
                    sender.send_envelope(crate::support::unsampled(Order::Run(2)));
                    drop(sender);
                    Worker { jobs: jobs(&bench, [1]), orders, notes: bench.notes }.run().await;
                };
                let job = ["1 begun", "1 done"].map(unsampled_note);
                let order = ["2 begun", "2 done"].map(unsampled_note);
                check_both(go, [whole([1]), order.to_vec()].concat(), [job, order].concat());
            }
        }

        /// Received as an envelope from a sender without a trace: it is handled as the start of one, and not as another message
        /// of its kind that is open.
        mod envelope_beside_another {
            use super::*;

            struct Worker {
                left: $channel::$Receiver<Job>,
                right: $channel::$Receiver<Job>,
                notes: Notes,
            }

            #[traced_actor(msg = Job)]
            impl Worker {
                async fn run(mut self) {
                    let Ok(left) = self.left.try_recv_envelope() else { return };
                    let $Some(right) = self.right.$recv().await else { return };
                    let _ = self.handle(left).await;
                    let _ = self.handle(right).await;
                }

                async fn handle(&mut self, job: Job) -> Outcome {
                    work(&self.notes, &job).await
                }
            }

            #[test]
            fn tree() {
                let go = |bench: Bench| async move {
                    let (sender, left) = open();
                    sender.send_envelope(Envelope::bare(Job::Run(1)));
                    drop(sender);
                    Worker { left, right: jobs(&bench, [2]), notes: bench.notes }.run().await;
                };
                let root = worked("Worker/Run", 1);
                let unsampled = ["2 begun", "2 done"].map(unsampled_note);
                check_both(go, [vec![root.clone()], whole([2])].concat(), [vec![root], unsampled.into()].concat());
            }
        }

        // ----- drains -----

        /// A handler that takes what else is there has its span to the end; each of the others has its own, until the next.
        mod drain_in_the_handler {
            use super::*;

            worker! { $channel $Receiver, try_recv, [1, 2, 3],
                [
                    user(1, [span("Worker/Run", [note("drained"), note("done")]).failed("disk full")]),
                    user(2, [span("Worker/Run", [note("took 2")])]),
                    user(3, [span("Worker/Run", [note("took 3")])]),
                ],
                only {
                    async fn run(mut self) {
                        while let $Some(job) = self.jobs.$recv().await {
                            let _ = self.handle(job).await;
                        }
                    }

                    async fn handle(&mut self, _first: Job) -> Outcome {
                        while let Ok(job) = self.jobs.try_recv() {
                            self.notes.note(format!("took {}", job.number()));
                        }
                        self.notes.note("drained");
                        others().await;
                        self.notes.note("done");
                        Err("disk full")
                    }
                }
            }

            worker! { $channel $Receiver, recv, [1, 2, 3],
                [
                    user(1, [span("Worker/Run", [note("drained")]).failed("disk full")]),
                    user(2, [span("Worker/Run", [note("took 2")])]),
                    user(3, [span("Worker/Run", [note("took 3")])]),
                ],
                only {
                    async fn run(mut self) {
                        while let $Some(job) = self.jobs.$recv().await {
                            let _ = self.handle(job).await;
                        }
                    }

                    async fn handle(&mut self, _first: Job) -> Outcome {
                        while let $Some(job) = self.jobs.$recv().await {
                            others().await;
                            self.notes.note(format!("took {}", job.number()));
                        }
                        self.notes.note("drained");
                        Err("disk full")
                    }
                }
            }

            // A message that is still open when the handler fails has its error, too.
            worker! { $channel $Receiver, one_more, [1, 2],
                [
                    user(1, [span("Worker/Run", []).failed("disk full")]),
                    user(2, [span("Worker/Run", [note("took 2")]).failed("disk full")]),
                ],
                only {
                    async fn run(mut self) {
                        while let $Some(job) = self.jobs.$recv().await {
                            let _ = self.handle(job).await;
                        }
                    }

                    async fn handle(&mut self, _first: Job) -> Outcome {
                        if let Ok(job) = self.jobs.try_recv() {
                            self.notes.note(format!("took {}", job.number()));
                        }
                        Err("disk full")
                    }
                }
            }
        }

        // Messages that are left when the loop stops are drained after it.
        worker! { $channel $Receiver, drain_behind_the_loop, [1, 2, 3],
            [
                whole([1]).remove(0),
                user(2, [span("Worker/Run", [note("left 2")])]),
                user(3, [span("Worker/Run", [note("left 3")])]),
                note("drained"),
            ],
            {
                async fn run(mut self) {
                    while let $Some(job) = self.jobs.$recv().await {
                        let _ = self.handle(job).await;
                        break;
                    }
                    while let Ok(job) = self.jobs.try_recv() {
                        self.notes.note(format!("left {}", job.number()));
                    }
                    self.notes.note("drained");
                }
            }
        }

        // A loop that only ever tries, in a task.
        worker! { $channel $Receiver, tries_only, [1, 2], whole([1, 2]), {
            async fn run(mut self) {
                while let Ok(job) = self.jobs.try_recv() {
                    let _ = self.handle(job).await;
                }
            }
        } }

        /// A frame of a game: a plain `fn` that drains.
        mod frames {
            use super::*;

            struct Game {
                inputs: $channel::$Receiver<Job>,
                notes: Notes,
            }

            #[traced_actor]
            impl Game {
                fn frame(&mut self) {
                    while let Ok(input) = self.inputs.try_recv() {
                        self.handle_message(input);
                    }
                    self.notes.note("drawn");
                }

                fn handle_message(&mut self, input: Job) {
                    self.notes.note(format!("key {}", input.number()));
                }
            }

            #[test]
            fn tree() {
                let go = |bench: Bench| async move {
                    let (sender, inputs) = open();
                    let (notes, recording) = (bench.notes.clone(), bench.recording.clone());
                    recording.on_thread(move || {
                        let mut game = Game { inputs, notes };
                        bench.send(&sender, runs([1, 2]));
                        game.frame();
                        bench.send(&sender, runs([3]));
                        game.frame();
                    });
                };
                let key = |number: u32| user(number, [span("Game/Run", [note(&format!("key {number}"))])]);
                check(go, [key(1), key(2), key(3), note("drawn"), note("drawn")]);
            }
        }
    };
}

each_channel!(shapes);
