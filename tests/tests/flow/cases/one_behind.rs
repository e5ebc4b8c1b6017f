//! Messages that are handled after others were received: stashed with `Envelope::hold`, or received as envelopes.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, HashMap, VecDeque};

use traced_actor::sync::mpsc;
use traced_actor::{Envelope, traced_actor};

use crate::cases::{WHILE, work_a_while};
use crate::shapes::{Job, Outcome, whole, whole_of};
use crate::tree::{Bench, Notes, check, span, user};

opening!(Bounded, mpsc, Receiver);

lasting!(one_behind, [1, 2, 3], whole([1, 2, 3]), {
    async fn run(mut self) {
        let mut held = None;
        while let Some(next) = self.jobs.recv().await {
            if let Some(previous) = held.replace(Envelope::hold(next)) {
                let _ = self.handle(previous).await;
            }
        }
        if let Some(last) = held {
            let _ = self.handle(last).await;
        }
    }

    #[traced(handler)]
    async fn handle(&mut self, job: Job) -> Outcome {
        work_a_while(&self.notes, &job).await
    }
});

lasting!(one_behind_as_envelopes, [1, 2, 3], whole([1, 2, 3]), {
    async fn run(mut self) {
        let mut held = None;
        while let Some(next) = self.jobs.recv_envelope().await {
            if let Some(previous) = held.replace(next) {
                let _ = self.handle(previous).await;
            }
        }
        if let Some(last) = held {
            let _ = self.handle(last).await;
        }
    }

    #[traced(handler)]
    async fn handle(&mut self, job: Job) -> Outcome {
        work_a_while(&self.notes, &job).await
    }
});

lasting!(three_behind, [1, 2, 3, 4, 5], whole([1, 2, 3, 4, 5]), {
    async fn run(mut self) {
        let mut held = VecDeque::new();
        while let Some(next) = self.jobs.recv().await {
            held.push_back(Envelope::hold(next));
            if held.len() <= 3 {
                continue;
            }
            if let Some(oldest) = held.pop_front() {
                let _ = self.handle(oldest).await;
            }
        }
        for rest in held {
            let _ = self.handle(rest).await;
        }
    }

    #[traced(handler)]
    async fn handle(&mut self, job: Job) -> Outcome {
        work_a_while(&self.notes, &job).await
    }
});

lasting!(by_priority, [3, 1, 2], whole([1, 2, 3]), {
    async fn run(mut self) {
        let (mut order, mut held) = (BinaryHeap::new(), BTreeMap::new());
        while let Some(job) = self.jobs.recv().await {
            let number = job.number();
            order.push(Reverse(number));
            held.insert(number, Envelope::hold(job));
        }
        while let Some(Reverse(number)) = order.pop() {
            if let Some(job) = held.remove(&number) {
                let _ = self.handle(job).await;
            }
        }
    }

    #[traced(handler)]
    async fn handle(&mut self, job: Job) -> Outcome {
        work_a_while(&self.notes, &job).await
    }
});

lasting!(swapped_in_pairs, [1, 2, 3, 4], whole([1, 2, 3, 4]), {
    async fn run(mut self) {
        while let Some(first) = self.jobs.recv().await {
            let first = Envelope::hold(first);
            let Some(second) = self.jobs.recv().await else { return };
            let _ = self.handle(second).await;
            let _ = self.handle(first).await;
        }
    }

    #[traced(handler)]
    async fn handle(&mut self, job: Job) -> Outcome {
        work_a_while(&self.notes, &job).await
    }
});

// Of each key the latest is handled, and those before it leave nothing behind.
worker! { mpsc Receiver, latest_of_each_key, [1, 2, 3, 4], whole([3, 4]), only {
    async fn run(mut self) {
        let mut latest = HashMap::new();
        while let Some(job) = self.jobs.recv().await {
            latest.insert(job.number() % 2, Envelope::hold(job));
        }
        for job in latest.into_values() {
            let _ = self.handle(job).await;
        }
    }

    #[traced(handler)]
    async fn handle(&mut self, job: Job) -> Outcome {
        work_a_while(&self.notes, &job).await
    }
} }

/// A held message goes to another actor, which handles it.
#[test]
fn handled_by_another_actor() {
    struct Later(Notes);

    #[traced_actor]
    impl Later {
        async fn run(mut self, mut jobs: tokio::sync::mpsc::Receiver<Envelope<Job>>) {
            while let Some(job) = jobs.recv().await {
                let _ = self.handle(job).await;
            }
        }

        #[traced(handler)]
        async fn handle(&mut self, job: Job) -> Outcome {
            work_a_while(&self.0, &job).await
        }
    }

    #[traced_actor]
    async fn run(mut jobs: mpsc::Receiver<Job>, later: tokio::sync::mpsc::Sender<Envelope<Job>>) {
        while let Some(job) = jobs.recv().await {
            later.send(Envelope::hold(job)).await.unwrap();
        }
    }

    let go = |bench: Bench| async move {
        let (sender, later) = tokio::sync::mpsc::channel(4);
        let handling = tokio::spawn(Later(bench.notes.clone()).run(later));
        run(jobs(&bench, [1, 2, 3]), sender).await;
        handling.await.unwrap();
        bench.lasted("Later/Run", 3, WHILE);
    };
    check(go, whole_of("Later/Run", [1, 2, 3]));
}

/// A message's fields are those of the message whose trace it is in.
#[test]
fn fields_of_the_right_message() {
    #[traced_actor]
    enum Move {
        #[traced(fields(to = *_0))]
        To(u32),
    }

    struct Cursor {
        moves: mpsc::Receiver<Move>,
    }

    #[traced_actor(msg = Move)]
    impl Cursor {
        async fn run(mut self) {
            let mut held = None;
            while let Some(next) = self.moves.recv().await {
                if let Some(previous) = held.replace(Envelope::hold(next)) {
                    self.handle(previous).await;
                }
            }
            if let Some(last) = held {
                self.handle(last).await;
            }
        }

        #[traced(handler)]
        async fn handle(&mut self, Move::To(_to): Move) {
            tokio::task::yield_now().await;
        }
    }

    let go = |bench: Bench| async move {
        let (sender, moves) = open();
        bench.send(&sender, [1, 2, 3].map(|number| (number, Move::To(number))));
        drop(sender);
        Cursor { moves }.run().await;
        for span in bench.recording.spans() {
            let user = span.context.trace_id.get() & 0xFF;
            let to = span.attribute("to").map(|to| format!("{to:?}"));
            assert!(to.as_deref().is_some_and(|to| to.contains(&format!("({user})"))), "{user}: {to:?}");
        }
    };
    check(go, [1, 2, 3].map(|number| user(number, [span("Cursor/To", [])])));
}
