//! Loops that send what their handler returned. It belongs to the handled message, until a receiver is asked for the next one.

#![allow(clippy::needless_pass_by_value, reason = "written as real code is")]

use std::collections::VecDeque;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use traced_actor::sync::mpsc;
use traced_actor::{Envelope, TracedExt, task, traced_actor};

use crate::channels::all::flume;
use crate::shapes::{Job, Outcome, Step, others, runs};
use crate::tree::{Bench, Node, Notes, check, note, span, user};

opening!(Bounded, mpsc, Receiver);

/// What a handler does: it notes that it begins, lets others go on, and notes that it is done.
async fn reply_to(notes: &Notes, job: &Job) -> u32 {
    notes.note(format!("{} begun", job.number()));
    others().await;
    notes.note(format!("{} done", job.number()));
    job.number()
}

/// A span with what `reply_to` does, and this.
fn with<const N: usize>(number: u32, more: [Node; N]) -> Node {
    let done = [note(&format!("{number} begun")), note(&format!("{number} done"))];
    span("Worker/Run", done.into_iter().chain(more).collect::<Vec<_>>())
}

/// Each message with its reply, and these notes that belong to nothing.
fn replied<const N: usize>(nothing: [&str; N]) -> Vec<Node> {
    let reply = |number: u32| user(number, [with(number, [note(&format!("reply {number}"))])]);
    [1, 2, 3].map(reply).into_iter().chain(nothing.map(note)).collect()
}

/// A worker with these methods, and a handler that returns the number of its message.
macro_rules! replying {
    ($name:ident, $expected:expr, { $($method:tt)* }) => {
        worker! { mpsc Receiver, $name, [1, 2, 3], $expected, only {
            $($method)*

            async fn handle(&mut self, job: Job) -> u32 {
                reply_to(&self.notes, &job).await
            }
        } }
    };
}

// ----- it belongs to the message -----

replying!(a_variable, replied(["closed"]), {
    async fn run(mut self) {
        while let Some(job) = self.jobs.recv().await {
            let reply = self.handle(job).await;
            self.notes.note(format!("reply {reply}"));
        }
        self.notes.note("closed");
    }
});

replying!(after_a_wait, replied([]), {
    async fn run(mut self) {
        loop {
            let Some(job) = self.jobs.recv().await else { break };
            let reply = self.handle(job).await;
            others().await;
            self.notes.note(format!("reply {reply}"));
        }
    }
});

replying!(an_argument, replied([]), {
    async fn run(mut self) {
        let notes = self.notes.clone();
        while let Some(job) = self.jobs.recv().await {
            notes.note(format!("reply {}", self.handle(job).await));
        }
    }
});

replying!(a_method, replied([]), {
    async fn run(mut self) {
        while let Some(job) = self.jobs.recv().await {
            let reply = self.handle(job).await;
            self.answer(reply).await;
        }
    }

    async fn answer(&self, reply: u32) {
        others().await;
        self.notes.note(format!("reply {reply}"));
    }
});

async fn answer(notes: &Notes, reply: u32) {
    others().await;
    notes.note(format!("reply {reply}"));
}

replying!(a_function, replied([]), {
    async fn run(mut self) {
        while let Some(job) = self.jobs.recv().await {
            let reply = self.handle(job).await;
            answer(&self.notes, reply).await;
        }
    }
});

replying!(a_task, replied([]), {
    async fn run(mut self) {
        while let Some(job) = self.jobs.recv().await {
            let reply = self.handle(job).await;
            let notes = self.notes.clone();
            task::spawn(async move { answer(&notes, reply).await }).await.unwrap();
        }
    }
});

replying!(a_timeout_around, replied([]), {
    async fn run(mut self) {
        let notes = self.notes.clone();
        let long = std::time::Duration::from_secs(3600);
        while let Some(job) = self.jobs.recv().await {
            if let Ok(reply) = tokio::time::timeout(long, self.handle(job)).await {
                notes.note(format!("reply {reply}"));
            }
        }
    }
});

replying!(a_helper, replied([]), {
    async fn run(mut self) {
        while let Some(job) = self.next().await {
            let reply = self.handle(job).await;
            self.notes.note(format!("reply {reply}"));
        }
    }

    async fn next(&mut self) -> Option<Job> {
        self.jobs.recv().await
    }
});

replying!(a_step, replied([]), {
    async fn run(mut self) {
        while self.step().await {}
    }

    async fn step(&mut self) -> bool {
        let Some(job) = self.jobs.recv().await else { return false };
        let reply = self.handle(job).await;
        self.notes.note(format!("reply {reply}"));
        true
    }
});

// The branch that comes first wins before the mailbox is polled. What it sends belongs to nothing.
replying!(another_branch, replied(["tick", "tick", "tick"]), {
    async fn run(mut self) {
        let mut due = false;
        loop {
            tokio::select! {
                biased;
                () = std::future::ready(()), if due => {
                    due = false;
                    self.notes.note("tick");
                }
                job = self.jobs.recv() => {
                    let Some(job) = job else { break };
                    let reply = self.handle(job).await;
                    self.notes.note(format!("reply {reply}"));
                    due = true;
                }
            }
        }
    }
});

// The mailbox is polled before the other branch wins.
replying!(a_branch_behind_the_mailbox, replied(["idle"]), {
    async fn run(mut self) {
        let (sender, empty) = mpsc::channel(1);
        let mut sender = Some(sender);
        loop {
            tokio::select! {
                biased;
                job = self.jobs.recv() => {
                    let Some(job) = job else { break };
                    let number = job.number();
                    let reply = self.handle(job).await;
                    self.notes.note(format!("reply {reply}"));
                    if number == 3 {
                        self.jobs = empty;
                        break self.idle(sender.take()).await;
                    }
                }
            }
        }
    }

    async fn idle(&mut self, _sender: Option<mpsc::Sender<Job>>) {
        tokio::select! {
            biased;
            _ = self.jobs.recv() => {}
            () = others() => self.notes.note("idle"),
        }
    }
});

// What the loop does behind its last message belongs to that, if the loop does not ask for another one.
replying!(behind_the_loop, replied([]), {
    async fn run(mut self) {
        let last = loop {
            let Some(job) = self.jobs.recv().await else { return };
            let number = job.number();
            let reply = self.handle(job).await;
            if number == 3 {
                break reply;
            }
            self.notes.note(format!("reply {reply}"));
        };
        self.notes.note(format!("reply {last}"));
    }
});

worker! { mpsc Receiver, a_match, [1, 2, 3], replied([]), only {
    async fn run(mut self) {
        while let Some(job) = self.jobs.recv().await {
            match self.handle(job).await {
                Some(reply) => self.notes.note(format!("reply {reply}")),
                None => break,
            }
        }
    }

    async fn handle(&mut self, job: Job) -> Option<u32> {
        Some(reply_to(&self.notes, &job).await)
    }
} }

worker! { mpsc Receiver, a_question_mark, [1, 2, 3], replied([]), only {
    async fn run(mut self) {
        self.serve().await.unwrap();
    }

    async fn serve(&mut self) -> Outcome {
        while let Some(job) = self.jobs.recv().await {
            let reply = self.handle(job).await?;
            self.notes.note(format!("reply {reply}"));
        }
        Ok(())
    }

    async fn handle(&mut self, job: Job) -> Result<u32, &'static str> {
        Ok(reply_to(&self.notes, &job).await)
    }
} }

fn failed(number: u32) -> Node {
    user(number, [with(number, [note(&format!("failed {number}"))]).failed("404")])
}

worker! { mpsc Receiver, an_error, [1, 2, 3], [1, 2, 3].map(failed), only {
    async fn run(mut self) {
        while let Some(job) = self.jobs.recv().await {
            let number = job.number();
            if let Err(error) = self.handle(job).await {
                assert_eq!(error, "404");
                self.notes.note(format!("failed {number}"));
            }
        }
    }

    async fn handle(&mut self, job: Job) -> Outcome {
        reply_to(&self.notes, &job).await;
        Err("404")
    }
} }

// The second attempt is a direct call within the first message's work.
worker! { mpsc Receiver, a_retry, [1, 2], [1, 2].map(|number| {
    let again = span("Worker/Run", [note(&format!("{number} again")), note(&format!("reply {number}"))]);
    user(number, [with(number, [again]).failed("404")])
}), only {
    async fn run(mut self) {
        while let Some(job) = self.jobs.recv().await {
            let mut is_first = true;
            let reply = loop {
                match self.handle(job.clone(), is_first).await {
                    Ok(reply) => break reply,
                    Err(_) => is_first = false,
                }
            };
            self.notes.note(format!("reply {reply}"));
        }
    }

    async fn handle(&mut self, job: Job, is_first: bool) -> Result<u32, &'static str> {
        if is_first {
            reply_to(&self.notes, &job).await;
            return Err("404");
        }
        self.notes.note(format!("{} again", job.number()));
        Ok(job.number())
    }
} }

worker! { mpsc Receiver, a_handler_that_waits_for_nothing, [1, 2, 3], replied([]), only {
    async fn run(mut self) {
        while let Some(job) = self.jobs.recv().await {
            let reply = self.handle(job);
            self.notes.note(format!("reply {reply}"));
        }
    }

    fn handle(&mut self, job: Job) -> u32 {
        self.notes.note(format!("{} begun", job.number()));
        self.notes.note(format!("{} done", job.number()));
        job.number()
    }
} }

/// The loop is a function beside an impl, each with its own attribute.
#[test]
fn a_free_loop() {
    struct Worker {
        jobs: mpsc::Receiver<Job>,
        notes: Notes,
    }

    #[traced_actor]
    impl Worker {
        async fn handle(&mut self, job: Job) -> u32 {
            reply_to(&self.notes, &job).await
        }
    }

    #[traced_actor]
    async fn run(mut worker: Worker) {
        while let Some(job) = worker.jobs.recv().await {
            let reply = worker.handle(job).await;
            worker.notes.note(format!("reply {reply}"));
        }
    }

    check(|bench| run(Worker { jobs: jobs(&bench, [1, 2, 3]), notes: bench.notes }), replied([]));
}

/// A blocking loop on a thread.
#[test]
fn a_thread() {
    struct Worker {
        jobs: mpsc::Receiver<Job>,
        notes: Notes,
    }

    #[traced_actor]
    impl Worker {
        fn run(mut self) {
            while let Some(job) = self.jobs.blocking_recv() {
                let reply = self.handle(job);
                self.notes.note(format!("reply {reply}"));
            }
            self.notes.note("closed");
        }

        fn handle(&mut self, job: Job) -> u32 {
            self.notes.note(format!("{} begun", job.number()));
            self.notes.note(format!("{} done", job.number()));
            job.number()
        }
    }

    let go = |bench: Bench| async move {
        let worker = Worker { jobs: jobs(&bench, [1, 2, 3]), notes: bench.notes };
        crate::support::Recording::here().on_thread(|| worker.run());
    };
    check(go, replied(["closed"]));
}

/// The loop runs within a span of its own, which what it does by itself belongs to.
#[test]
fn within_another_span() {
    struct Worker {
        jobs: mpsc::Receiver<Job>,
        notes: Notes,
    }

    #[traced_actor]
    impl Worker {
        async fn run(mut self) {
            self.notes.note("opened");
            while let Some(job) = self.jobs.recv().await {
                let reply = self.handle(job).await;
                self.notes.note(format!("reply {reply}"));
            }
            others().await;
            self.notes.note("closed");
        }

        async fn handle(&mut self, job: Job) -> u32 {
            reply_to(&self.notes, &job).await
        }
    }

    struct Outer(Option<Worker>);

    #[traced_actor]
    impl Outer {
        async fn handle(&mut self, step: Step) {
            let _ = step;
            if let Some(worker) = self.0.take() {
                worker.run().await;
            }
        }
    }

    let go = |bench: Bench| async move {
        let worker = Worker { jobs: jobs(&bench, [1, 2, 3]), notes: bench.notes.clone() };
        Outer(Some(worker)).handle(bench.sent(9, Step(9))).await;
    };
    let outer = user(9, [span("Outer/Step", [note("opened"), note("closed")])]);
    check(go, [replied([]), vec![outer]].concat());
}

/// Of two mailboxes, what is sent belongs to the message that was handled last.
#[test]
fn two_mailboxes() {
    struct Worker {
        jobs: mpsc::Receiver<Job>,
        steps: mpsc::Receiver<Step>,
        notes: Notes,
    }

    #[traced_actor]
    impl Worker {
        async fn run(mut self) {
            loop {
                tokio::select! {
                    biased;
                    Some(Step(step)) = self.steps.recv() => self.notes.note(format!("step {step}")),
                    Some(job) = self.jobs.recv() => {
                        let reply = self.handle(job).await;
                        self.notes.note(format!("reply {reply}"));
                    }
                    else => break,
                }
            }
        }

        async fn handle(&mut self, job: Job) -> u32 {
            reply_to(&self.notes, &job).await
        }
    }

    let go = |bench: Bench| async move {
        let (sender, steps) = open();
        bench.send(&sender, [(7, Step(7)), (8, Step(8))]);
        drop(sender);
        Worker { jobs: jobs(&bench, [1, 2, 3]), steps, notes: bench.notes }.run().await;
    };
    let steps = [7, 8].map(|step| user(step, [span("Worker/Step", [note(&format!("step {step}"))])]));
    check(go, [replied([]), steps.into()].concat());
}

/// Messages that were put aside.
#[test]
fn put_aside() {
    struct Worker {
        jobs: mpsc::Receiver<Job>,
        notes: Notes,
    }

    #[traced_actor(msg = Job)]
    impl Worker {
        async fn run(mut self) {
            let mut later = VecDeque::new();
            while let Some(job) = self.jobs.recv().await {
                later.push_back(Envelope::hold(job));
            }
            for job in later {
                let reply = self.handle(job).await;
                self.notes.note(format!("reply {reply}"));
            }
        }

        #[traced(handler)]
        async fn handle(&mut self, job: Job) -> u32 {
            reply_to(&self.notes, &job).await
        }
    }

    check(
        |bench| async move {
            let (sender, jobs) = open();
            bench.send(&sender, runs([1, 2, 3]));
            drop(sender);
            Worker { jobs, notes: bench.notes }.run().await;
        },
        replied([]),
    );
}

replying!(another_receiver_is_dropped, replied([]), {
    async fn run(mut self) {
        while let Some(job) = self.jobs.recv().await {
            let (_, unused) = mpsc::channel::<Step>(1);
            let reply = self.handle(job).await;
            drop(unused);
            self.notes.note(format!("reply {reply}"));
        }
    }
});

replying!(its_receiver_is_dropped, replied([]), {
    async fn run(mut self) {
        while let Some(job) = self.jobs.recv().await {
            let number = job.number();
            let reply = self.handle(job).await;
            if number == 3 {
                drop(self.jobs);
                return self.notes.note(format!("reply {reply}"));
            }
            self.notes.note(format!("reply {reply}"));
        }
    }
});

/// A message that another flow ended lies below the first one that is handled.
#[test]
fn a_receiver_that_moved_away() {
    struct Worker {
        jobs: mpsc::Receiver<Job>,
        steps: mpsc::Receiver<Step>,
        notes: Notes,
    }

    async fn end(mut steps: mpsc::Receiver<Step>) {
        assert!(steps.recv().await.is_none());
    }

    #[traced_actor]
    impl Worker {
        async fn run(mut self) {
            let Some(Step(step)) = self.steps.recv().await else { return };
            self.notes.note(format!("step {step}"));
            let mut steps = Some(self.steps);
            while let Some(job) = self.jobs.recv().await {
                if let Some(steps) = steps.take() {
                    tokio::spawn(end(steps).traced()).await.unwrap();
                }
                let reply = reply_to_job(&self.notes, job).await;
                self.notes.note(format!("reply {reply}"));
            }
        }
    }

    #[traced_actor(name = "Worker")]
    async fn reply_to_job(notes: &Notes, job: Job) -> u32 {
        reply_to(notes, &job).await
    }

    let go = |bench: Bench| async move {
        let (sender, steps) = open();
        bench.send(&sender, [(7, Step(7))]);
        drop(sender);
        Worker { jobs: jobs(&bench, [1, 2, 3]), steps, notes: bench.notes }.run().await;
    };
    let step = user(7, [span("Worker/Step", [note("step 7")])]);
    check(go, [replied([]), vec![step]].concat());
}

// ----- it belongs to nothing -----

/// Each message, and the replies, of which nothing says which message they belong to.
fn apart() -> Vec<Node> {
    let replies = [1, 2, 3].map(|number| note(&format!("reply {number}")));
    [1, 2, 3].map(|number| user(number, [with(number, [])])).into_iter().chain(replies).collect()
}

worker! { mpsc Receiver, handlers_that_are_stored, [1, 2, 3], apart(), only {
    async fn run(mut self) {
        let notes = self.notes.clone();
        let mut busy = FuturesUnordered::new();
        while let Some(job) = self.jobs.recv().await {
            busy.push(Self::handle(&notes, job));
        }
        while let Some(reply) = busy.next().await {
            self.notes.note(format!("reply {reply}"));
        }
    }

    async fn handle(notes: &Notes, job: Job) -> u32 {
        reply_to(notes, &job).await
    }
} }

worker! { mpsc Receiver, handlers_that_are_joined, [1, 2, 3], apart(), only {
    async fn run(mut self) {
        let notes = self.notes.clone();
        let mut all = VecDeque::new();
        while let Some(job) = self.jobs.recv().await {
            all.push_back(Self::handle(&notes, job));
        }
        for reply in futures_util::future::join_all(all).await {
            self.notes.note(format!("reply {reply}"));
        }
    }

    async fn handle(notes: &Notes, job: Job) -> u32 {
        reply_to(notes, &job).await
    }
} }

replying!(another_receiver_is_asked, apart(), {
    async fn run(mut self) {
        let (_open, mut others) = mpsc::channel::<Step>(1);
        while let Some(job) = self.jobs.recv().await {
            let reply = self.handle(job).await;
            assert!(others.try_recv().is_err());
            self.notes.note(format!("reply {reply}"));
        }
    }
});

replying!(another_channel_is_asked, apart(), {
    async fn run(mut self) {
        let (_open, others) = flume::bounded::<Step>(1);
        while let Some(job) = self.jobs.recv().await {
            let reply = self.handle(job).await;
            assert!(others.try_recv().is_err());
            self.notes.note(format!("reply {reply}"));
        }
    }
});

replying!(another_loop_is_called, replied(["idle", "idle", "idle", "again", "again", "again"]), {
    async fn run(mut self) {
        while let Some(job) = self.jobs.recv().await {
            let reply = self.handle(job).await;
            self.notes.note(format!("reply {reply}"));
            self.idle().await;
            self.notes.note("again");
        }
    }

    async fn idle(&mut self) {
        let (_open, mut others) = mpsc::channel::<Step>(1);
        tokio::select! {
            biased;
            _ = others.recv() => {}
            () = std::future::ready(()) => self.notes.note("idle"),
        }
    }
});
