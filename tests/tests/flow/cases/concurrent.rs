//! Handlers that run beside their loop.

use std::sync::Arc;

use futures_util::future::{AbortHandle, Abortable, BoxFuture, Either, select, select_all};
use futures_util::stream::{FuturesOrdered, FuturesUnordered};
use futures_util::{FutureExt, StreamExt};
use tokio::sync::Notify;
use traced_actor::traced_actor;

use crate::cases::{WHILE, work_a_while};
use crate::shapes::{Job, Outcome, poll_once, whole};
use crate::tree::{Bench, Notes, check, note, span, user};

opening!(Bounded, mpsc, Receiver);

lasting!(futures_unordered, [1, 2], whole([1, 2]), {
    async fn run(self) {
        let Self { mut jobs, notes } = self;
        let mut busy = FuturesUnordered::new();
        loop {
            tokio::select! {
                job = jobs.recv() => match job {
                    Some(job) => busy.push(Self::handle(&notes, job)),
                    None => break,
                },
                Some(_) = busy.next() => {}
            }
        }
        while busy.next().await.is_some() {}
    }

    async fn handle(notes: &Notes, job: Job) -> Outcome {
        work_a_while(notes, &job).await
    }
});

lasting!(futures_ordered, [1, 2], whole([1, 2]), {
    async fn run(self) {
        let Self { mut jobs, notes } = self;
        let mut busy = FuturesOrdered::new();
        while let Some(job) = jobs.recv().await {
            busy.push_front(Self::handle(&notes, job));
        }
        while busy.next().await.is_some() {}
    }

    async fn handle(notes: &Notes, job: Job) -> Outcome {
        work_a_while(notes, &job).await
    }
});

lasting!(select_all_of_boxes, [1, 2], whole([1, 2]), {
    async fn run(self) {
        let Self { mut jobs, notes } = self;
        let mut busy: Vec<BoxFuture<'_, Outcome>> = Vec::new();
        while let Some(job) = jobs.recv().await {
            busy.push(Self::handle(&notes, job).boxed());
        }
        while !busy.is_empty() {
            let (_, _, rest) = select_all(busy).await;
            busy = rest;
        }
    }

    async fn handle(notes: &Notes, job: Job) -> Outcome {
        work_a_while(notes, &job).await
    }
});

lasting!(shared, [1, 2], whole([1, 2]), {
    async fn run(self) {
        let Self { mut jobs, notes } = self;
        let mut busy = Vec::new();
        while let Some(job) = jobs.recv().await {
            let handling = Self::handle(&notes, job).shared();
            busy.push(handling.clone());
            busy.push(handling);
        }
        futures_util::future::join_all(busy).await;
    }

    async fn handle(notes: &Notes, job: Job) -> Outcome {
        work_a_while(notes, &job).await
    }
});

// The receive is raced against the handler of the message before.
lasting!(select_of_the_handler_and_the_next, [1, 2], whole([1, 2]), {
    async fn run(self) {
        let Self { mut jobs, notes } = self;
        let Some(first) = jobs.recv().await else { return };
        let first = Box::pin(Self::handle(&notes, first));
        match select(Box::pin(jobs.recv()), first).await {
            Either::Left((Some(second), first)) => {
                let _ = Self::handle(&notes, second).await;
                let _ = first.await;
            }
            _ => unreachable!("the second message is there"),
        }
    }

    async fn handle(notes: &Notes, job: Job) -> Outcome {
        work_a_while(notes, &job).await
    }
});

// The handlers move to another task together.
lasting!(moved_to_a_task, [1, 2], whole([1, 2]), {
    async fn run(self) {
        let Self { mut jobs, notes } = self;
        let busy = FuturesUnordered::new();
        while let Some(job) = jobs.recv().await {
            busy.push(Self::handle(notes.clone(), job));
        }
        tokio::spawn(busy.for_each(|_| async {})).await.unwrap();
    }

    async fn handle(notes: Notes, job: Job) -> Outcome {
        work_a_while(&notes, &job).await
    }
});

/// Handlers that do not end by themselves.
macro_rules! cut_off {
    ($name:ident, $jobs:ident, $notes:ident, $run:expr) => {
        worker! { mpsc Receiver, $name, [1, 2],
            [1, 2].map(|number| {
                user(number, [span("Worker/Run", [note(&format!("{number} begun"))]).failed("cancelled")])
            }),
            only {
                async fn run(self) {
                    let Self { jobs: mut $jobs, notes: $notes } = self;
                    $run
                }

                async fn handle(notes: &Notes, job: Job) {
                    notes.note(format!("{} begun", job.number()));
                    std::future::pending::<()>().await;
                }
            }
        }
    };
}

cut_off!(timeouts_in_a_set, jobs, notes, {
    let mut busy = FuturesUnordered::new();
    while let Some(job) = jobs.recv().await {
        busy.push(tokio::time::timeout(WHILE, Self::handle(&notes, job)));
    }
    while let Some(timed) = busy.next().await {
        assert!(timed.is_err());
    }
});

cut_off!(abort_handles, jobs, notes, {
    let (mut busy, mut handles) = (FuturesUnordered::new(), Vec::new());
    while let Some(job) = jobs.recv().await {
        let (handle, registration) = AbortHandle::new_pair();
        busy.push(Abortable::new(Self::handle(&notes, job), registration));
        handles.push(handle);
    }
    poll_once(&mut busy.next()).await;
    for handle in handles {
        handle.abort();
    }
    while let Some(aborted) = busy.next().await {
        assert!(aborted.is_err());
    }
});

cut_off!(raced_against_a_signal, jobs, notes, {
    let stop = Arc::new(Notify::new());
    while let Some(job) = jobs.recv().await {
        stop.notify_one();
        tokio::select! {
            biased;
            () = Self::handle(&notes, job) => {}
            () = stop.notified() => {}
        }
    }
});

cut_off!(set_that_is_dropped, jobs, notes, {
    let mut busy = FuturesUnordered::new();
    while let Some(job) = jobs.recv().await {
        busy.push(Self::handle(&notes, job));
    }
    poll_once(&mut busy.next()).await;
    drop(busy);
});

/// An actor sends to another one, whose handlers run beside each other.
#[test]
fn in_the_trace_of_a_sender() {
    use traced_actor::sync::mpsc;

    use crate::shapes::Step;

    struct Spider(Notes);

    #[traced_actor]
    impl Spider {
        async fn run(self, mut pages: mpsc::Receiver<Step>) {
            let mut busy = FuturesUnordered::new();
            while let Some(page) = pages.recv().await {
                busy.push(self.handle(page));
            }
            while busy.next().await.is_some() {}
        }

        async fn handle(&self, page: Step) -> Outcome {
            tokio::time::sleep(WHILE).await;
            self.0.note(format!("page {}", page.0));
            Err("404")
        }
    }

    #[traced_actor(name = "User")]
    async fn click(job: Job, pages: mpsc::Sender<Step>) {
        pages.send(Step(job.number())).await.unwrap();
    }

    let go = |bench: Bench| async move {
        let (pages, receiver) = mpsc::channel(4);
        for number in [1, 2] {
            click(bench.sent(number, Job::Run(number)), pages.clone()).await;
        }
        drop(pages);
        Spider(bench.notes.clone()).run(receiver).await;
        bench.lasted("Spider/Step", 2, WHILE);
    };
    let page = |number: u32| span("Spider/Step", [note(&format!("page {number}"))]).failed("404");
    check(go, [1, 2].map(|number| user(number, [span("User/Run", [page(number)])])));
}
