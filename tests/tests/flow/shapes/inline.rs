//! Loops without a handler: what is done between a receive and the next is the message's.

macro_rules! shapes {
    ($kind:ident, $channel:ident, $Receiver:ident, $recv:ident, $Some:ident, $blocking:ident, $stream:path) => {
        use std::sync::Arc;

        use tokio::sync::Notify;
        use crate::channels::all::$channel;
        use traced_actor::{TracedExt, current_span, traced_actor};

        use crate::shapes::{Job, Outcome, others, poll_once};
        use crate::tree::{Bench, LastNote, Node, Notes, check, note, span, user};

        opening!($kind, $channel, $Receiver);

        /// Returns, for each of these users, a message during which this was noted.
        fn noted<const N: usize>(users: [u32; N], text: &str) -> Vec<Node> {
            users.map(|number| user(number, [span("Worker/Run", [note(text)])])).into()
        }

        worker! { $channel $Receiver, while_let, [1, 2], noted([1, 2], "inline"), only {
            async fn run(mut self) {
                while let $Some(_) = self.jobs.$recv().await {
                    others().await;
                    self.notes.note("inline");
                }
            }
        } }

        worker! { $channel $Receiver, nothing_is_done, [1, 2],
            [user(1, [span("Worker/Run", [])]), user(2, [span("Worker/Run", [])])],
            only {
                async fn run(mut self) {
                    while let $Some(_) = self.jobs.$recv().await {}
                }
            }
        }

        worker! { $channel $Receiver, continue_and_break, [1, 2, 3],
            [user(1, [span("Worker/Run", [])]), noted([2], "inline").remove(0), note("broken off")],
            only {
                async fn run(mut self) {
                    while let $Some(job) = self.jobs.$recv().await {
                        if job.number() == 1 {
                            continue;
                        }
                        self.notes.note("inline");
                        break;
                    }
                    drop(self.jobs);
                    self.notes.note("broken off");
                }
            }
        }

        worker! { $channel $Receiver, work_of_a_helper, [1], noted([1], "helped"), only {
            async fn run(mut self) {
                while let $Some(job) = self.jobs.$recv().await {
                    self.help(job.number()).await;
                }
            }

            async fn help(&mut self, _number: u32) {
                others().await;
                self.notes.note("helped");
            }
        } }

        worker! { $channel $Receiver, after_the_last_receive, [1], [noted([1], "inline").remove(0), note("no more")], only {
            async fn run(mut self) {
                while let $Some(_) = self.jobs.$recv().await {
                    self.notes.note("inline");
                }
                self.notes.note("no more");
            }
        } }

        // The span is open until the next receive is polled, not made.
        worker! { $channel $Receiver, receive_made_early, [1],
            [user(1, [span("Worker/Run", [note("made"), note("inline")])]), note("polled")],
            only {
                async fn run(mut self) {
                    let $Some(_) = self.jobs.$recv().await else { return };
                    self.notes.note("inline");
                    let mut next = Box::pin(self.jobs.$recv());
                    self.notes.note("made");
                    poll_once(&mut next).await;
                    self.notes.note("polled");
                }
            }
        }

        // A receive that is dropped unpolled counts as asked: in `select!` another arm won.
        worker! { $channel $Receiver, receive_dropped_unpolled, [1],
            [user(1, [span("Worker/Run", [note("made"), note("inline")])]), note("dropped")],
            only {
                async fn run(mut self) {
                    let $Some(_) = self.jobs.$recv().await else { return };
                    self.notes.note("inline");
                    let next = self.jobs.$recv();
                    self.notes.note("made");
                    drop(next);
                    self.notes.note("dropped");
                }
            }
        }

        // A timer that fires between two messages belongs to neither.
        worker! { $channel $Receiver, timer_arm_that_wins, [1], [noted([1], "inline").remove(0), note("tick")], only {
            async fn run(mut self) {
                let mut is_first = true;
                loop {
                    tokio::select! {
                        biased;
                        () = std::future::ready(()), if !is_first => {
                            self.notes.note("tick");
                            break;
                        }
                        received = self.jobs.$recv() => {
                            assert!(matches!(received, $Some(_)));
                            is_first = false;
                            self.notes.note("inline");
                        }
                    }
                }
            }
        } }

        // The same, with the timer behind the receive.
        worker! { $channel $Receiver, timer_arm_that_is_polled_second, [1],
            [noted([1], "inline").remove(0), note("tick")],
            only {
                async fn run(mut self) {
                    let mut count = 0;
                    loop {
                        tokio::select! {
                            biased;
                            received = self.jobs.$recv(), if count == 0 => {
                                assert!(matches!(received, $Some(_)));
                                self.notes.note("inline");
                            }
                            () = std::future::ready(()) => {}
                        }
                        count += 1;
                        if count == 2 {
                            break;
                        }
                    }
                    drop(self.jobs);
                    self.notes.note("tick");
                }
            }
        }

        // The expression of a disabled arm is evaluated: that ends the message no earlier than the arm that works on it.
        worker! { $channel $Receiver, disabled_arm, [1], noted([1], "worked"), only {
            async fn run(mut self) {
                let mut work: std::pin::Pin<Box<dyn Future<Output = ()> + Send>> = Box::pin(std::future::pending());
                let mut busy = false;
                loop {
                    tokio::select! {
                        received = self.jobs.$recv(), if !busy => {
                            let $Some(_) = received else { return };
                            let notes = self.notes.clone();
                            work = Box::pin(async move {
                                others().await;
                                notes.note("worked");
                            });
                            busy = true;
                        }
                        () = &mut work, if busy => {
                            busy = false;
                            work = Box::pin(std::future::pending());
                        }
                    }
                }
            }
        } }

        // ----- how it ends -----

        fn fails(number: u32) -> Outcome {
            if number == 13 { Err("disk full") } else { Ok(()) }
        }

        fn failed_at_13() -> Vec<Node> {
            vec![
                user(1, [span("Worker/Run", [note("inline")])]),
                user(13, [span("Worker/Run", [note("inline")]).failed("disk full")]),
                note("after"),
            ]
        }

        ending! { $channel $Receiver, question_mark, failed_at_13(), {
            async fn run(mut jobs: $channel::$Receiver<Job>, notes: Notes) -> Outcome {
                while let $Some(job) = jobs.$recv().await {
                    notes.note("inline");
                    fails(job.number())?;
                }
                Ok(())
            }
        } }

        ending! { $channel $Receiver, return_err, failed_at_13(), {
            async fn run(mut jobs: $channel::$Receiver<Job>, notes: Notes) -> Outcome {
                while let $Some(job) = jobs.$recv().await {
                    notes.note("inline");
                    if fails(job.number()).is_err() {
                        return Err("disk full");
                    }
                }
                Ok(())
            }
        } }

        ending! { $channel $Receiver, err_out_of_a_match, failed_at_13(), {
            async fn run(mut jobs: $channel::$Receiver<Job>, notes: Notes) -> Outcome {
                loop {
                    match jobs.$recv().await {
                        $Some(job) => {
                            notes.note("inline");
                            others().await;
                            match fails(job.number()) {
                                Ok(()) => {}
                                failed => break failed,
                            }
                        }
                        _ => break Ok(()),
                    }
                }
            }
        } }

        ending! { $channel $Receiver, err_of_a_borrowed_receiver, failed_at_13(), {
            async fn run(jobs: $channel::$Receiver<Job>, notes: Notes) -> Outcome {
                let mut mine = jobs;
                let jobs = &mut mine;
                while let $Some(job) = jobs.$recv().await {
                    notes.note("inline");
                    others().await;
                    fails(job.number())?;
                }
                Ok(())
            }
        } }

        // An error after the loop belongs to no message.
        ending! { $channel $Receiver, err_behind_the_loop, [noted([1, 13, 3], "inline"), vec![note("after")]].concat(), {
            async fn run(mut jobs: $channel::$Receiver<Job>, notes: Notes) -> Outcome {
                while let $Some(_) = jobs.$recv().await {
                    notes.note("inline");
                }
                Err("closed")
            }
        } }

        worker! { $channel $Receiver, error_of_one_message, [1, 2],
            [user(1, [span("Worker/Run", []).failed("refused")]), user(2, [span("Worker/Run", [])])],
            only {
                async fn run(mut self) {
                    while let $Some(job) = self.jobs.$recv().await {
                        if job.number() == 1 {
                            current_span().record_error(&"refused");
                        }
                    }
                }
            }
        }

        // The handle is of the message that is current, and of no other: the error of a message that is over is lost.
        worker! { $channel $Receiver, error_behind_the_loop, [1], [user(1, [span("Worker/Run", [])])], only {
            async fn run(mut self) {
                while let $Some(_) = self.jobs.$recv().await {}
                current_span().record_error(&"refused");
            }
        } }

        /// A loop whose task is aborted, or that panics, while it works on a message. What its locals send is the message's.
        mod interrupted {
            use super::*;

            #[traced_actor(name = "Worker")]
            async fn run(mut jobs: $channel::$Receiver<Job>, notes: Notes, waits: Arc<Notify>) {
                while let $Some(job) = jobs.$recv().await {
                    let _last = LastNote(notes.clone(), "last words");
                    others().await;
                    if job.number() == 13 {
                        std::panic::resume_unwind(Box::new("asked for"));
                    }
                    notes.note("waits");
                    waits.notify_one();
                    std::future::pending::<()>().await;
                }
            }

            fn cancelled() -> Node {
                user(1, [span("Worker/Run", [note("waits"), note("last words")]).failed("cancelled")])
            }

            #[test]
            fn dropped() {
                let go = |bench: Bench| async move {
                    let waits = Arc::new(Notify::new());
                    let mut running = Box::pin(run(jobs(&bench, [1]), bench.notes.clone(), waits.clone()));
                    tokio::select! {
                        () = &mut running => unreachable!("it waits for ever"),
                        () = waits.notified() => {}
                    }
                    drop(running);
                    bench.notes.note("after");
                };
                check(go, [cancelled(), note("after")]);
            }

            #[test]
            fn aborted() {
                let go = |bench: Bench| async move {
                    let waits = Arc::new(Notify::new());
                    let running = tokio::spawn(run(jobs(&bench, [1]), bench.notes.clone(), waits.clone()));
                    waits.notified().await;
                    running.abort();
                    assert!(running.await.unwrap_err().is_cancelled());
                };
                check(go, [cancelled()]);
            }

            #[test]
            fn panicked() {
                let go = |bench: Bench| async move {
                    let running = tokio::spawn(run(jobs(&bench, [13]), bench.notes.clone(), Arc::default()));
                    assert!(running.await.unwrap_err().is_panic());
                };
                check(go, [user(13, [span("Worker/Run", [note("last words")]).failed("panic")])]);
            }

            #[test]
            fn dropped_with_the_runtime() {
                let go = |bench: Bench| async move {
                    let waits = Arc::new(Notify::new());
                    tokio::spawn(run(jobs(&bench, [1]), bench.notes.clone(), waits.clone()));
                    waits.notified().await;
                };
                check(go, [cancelled()]);
            }
        }

        // ----- where the loop is -----

        /// A loop in an `async` block of a function, raced against something else.
        mod block_behind_traced {
            use super::*;

            async fn run(mut jobs: $channel::$Receiver<Job>, notes: Notes) {
                let pump = async {
                    while let $Some(_) = jobs.$recv().await {
                        others().await;
                        notes.note("inline");
                    }
                };
                tokio::select! {
                    () = std::future::pending() => {}
                    () = pump.traced() => {}
                }
                notes.note("after");
            }

            #[test]
            fn tree() {
                let go = |bench: Bench| async move { run(jobs(&bench, [1, 2]), bench.notes).await };
                let named = |number: u32| user(number, [span("Job/Run", [note("inline")])]);
                check(go, [named(1), named(2), note("after")]);
            }
        }

        /// Two inline loops in one task, polled in turn.
        mod two_loops_in_one_task {
            use super::*;

            #[traced_actor(name = "Worker")]
            async fn run(mut jobs: $channel::$Receiver<Job>, notes: Notes) {
                while let $Some(_) = jobs.$recv().await {
                    others().await;
                    notes.note("inline");
                }
                notes.note("no more");
            }

            #[test]
            fn tree() {
                let go = |bench: Bench| async move {
                    let (left, right) = (jobs(&bench, [1, 2]), jobs(&bench, [3, 4]));
                    tokio::join!(run(left, bench.notes.clone()), run(right, bench.notes.clone()));
                };
                check(go, [noted([1, 2, 3, 4], "inline"), vec![note("no more"), note("no more")]].concat());
            }
        }
    };
}

each_channel!(shapes);
