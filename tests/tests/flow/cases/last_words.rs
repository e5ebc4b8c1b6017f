//! Messages that a handler's locals send from `Drop`, however the handler ends.

use std::sync::Arc;

use tokio::sync::Notify;
use tokio::task::JoinSet;
use traced_actor::sync::mpsc;
use traced_actor::{TracedExt, task, traced_actor};

use crate::cases::WHILE;
use crate::shapes::{Job, Step};
use crate::tree::{Bench, LastNote, Node, Notes, check, note, span, user};

opening!(Bounded, mpsc, Receiver);

struct Closer(mpsc::Sender<Step>);

impl Drop for Closer {
    fn drop(&mut self) {
        self.0.try_send(Step(0)).unwrap();
    }
}

/// The message that is sent from `Drop` has a span below the one that was cancelled.
#[test]
fn message_of_an_aborted_loop() {
    #[traced_actor(name = "Log")]
    async fn read(mut steps: mpsc::Receiver<Step>, notes: Notes) {
        while steps.recv().await.is_some() {
            notes.note("closed");
        }
    }

    let go = |bench: Bench| async move {
        let (out, log) = mpsc::channel(4);
        let waits = Arc::new(Notify::new());
        let (mut jobs, reached) = (jobs(&bench, [1]), waits.clone());
        let house = async move {
            while jobs.recv().await.is_some() {
                let _closer = Closer(out.clone());
                reached.notify_one();
                std::future::pending::<()>().await;
            }
        };
        let house = tokio::spawn(house.traced());
        waits.notified().await;
        house.abort();
        assert!(house.await.unwrap_err().is_cancelled());
        read(log, bench.notes).await;
    };
    let closed = span("Log/Step", [note("closed")]);
    check(go, [user(1, [span("Job/Run", [closed]).failed("cancelled")])]);
}

struct House {
    notes: Notes,
    waits: Notify,
}

#[traced_actor(name = "House")]
impl House {
    async fn handle(&self, job: Job) {
        let _last = LastNote(self.notes.clone(), "last words");
        self.waits.notify_one();
        if job.number() == 13 {
            tokio::task::yield_now().await;
            std::panic::resume_unwind(Box::new("asked for"));
        }
        std::future::pending::<()>().await;
    }
}

fn house(bench: &Bench) -> Arc<House> {
    Arc::new(House { notes: bench.notes.clone(), waits: Notify::new() })
}

fn last_words() -> Vec<Node> {
    vec![user(1, [span("House/Run", [note("last words")]).failed("cancelled")]), note("after")]
}

#[test]
fn handler_in_a_select() {
    let go = |bench: Bench| async move {
        let house = house(&bench);
        tokio::select! {
            biased;
            () = house.handle(bench.sent(1, Job::Run(1))) => unreachable!("it waits for ever"),
            () = house.waits.notified() => {}
        }
        bench.notes.note("after");
    };
    check(go, last_words());
}

#[test]
fn handler_that_times_out() {
    let go = |bench: Bench| async move {
        let house = house(&bench);
        let handling = house.handle(bench.sent(1, Job::Run(1)));
        assert!(tokio::time::timeout(WHILE, handling).await.is_err());
        bench.notes.note("after");
    };
    check(go, last_words());
}

#[test]
fn handler_in_a_task_that_is_aborted() {
    let go = |bench: Bench| async move {
        let house = house(&bench);
        let (handled, job) = (house.clone(), bench.sent(1, Job::Run(1)));
        let task = task::spawn(async move { handled.handle(job).await });
        house.waits.notified().await;
        task.abort();
        assert!(task.await.unwrap_err().is_cancelled());
        bench.notes.note("after");
    };
    check(go, last_words());
}

#[test]
fn handler_in_a_set_that_is_shut_down() {
    let go = |bench: Bench| async move {
        let house = house(&bench);
        let (handled, job) = (house.clone(), bench.sent(1, Job::Run(1)));
        let mut tasks = JoinSet::new();
        tasks.spawn(async move { handled.handle(job).await });
        house.waits.notified().await;
        tasks.shutdown().await;
        bench.notes.note("after");
    };
    check(go, last_words());
}

#[test]
fn handler_in_a_box_that_is_dropped_elsewhere() {
    let go = |bench: Bench| async move {
        let house = house(&bench);
        let (handled, job) = (house.clone(), bench.sent(1, Job::Run(1)));
        let mut handling = Box::pin(async move { handled.handle(job).await });
        assert!(futures_util::poll!(handling.as_mut()).is_pending());
        tokio::spawn(async move { drop(handling) }).await.unwrap();
        bench.notes.note("after");
    };
    check(go, last_words());
}

#[test]
fn handler_that_panics() {
    let go = |bench: Bench| async move {
        let house = house(&bench);
        let job = bench.sent(13, Job::Run(13));
        let task = tokio::spawn(async move { house.handle(job).await });
        assert!(task.await.unwrap_err().is_panic());
        bench.notes.note("after");
    };
    check(go, [user(13, [span("House/Run", [note("last words")]).failed("panic")]), note("after")]);
}

/// A message that a guard sends from a task is below the handler that started the task.
#[test]
fn task_of_a_handler_that_is_aborted() {
    struct Starter(Notes);

    #[traced_actor(name = "House")]
    impl Starter {
        async fn handle(&self, _job: Job) {
            let last = LastNote(self.0.clone(), "last words");
            let task = task::spawn(async move {
                let _last = last;
                std::future::pending::<()>().await;
            });
            tokio::task::yield_now().await;
            task.abort();
            assert!(task.await.unwrap_err().is_cancelled());
        }
    }

    let go = |bench: Bench| async move {
        Starter(bench.notes.clone()).handle(bench.sent(1, Job::Run(1))).await;
        bench.notes.note("after");
    };
    check(go, [user(1, [span("House/Run", [note("last words")])]), note("after")]);
}
