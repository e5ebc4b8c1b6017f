//! A task for each message.

use std::sync::Arc;

use tokio::sync::{Notify, Semaphore};
use tokio::task::JoinSet;
use traced_actor::sync::mpsc;
use traced_actor::{task, traced_actor};

use crate::cases::{WHILE, work_a_while};
use crate::shapes::{Job, Outcome, whole, worked};
use crate::tree::{Bench, LastNote, Node, Notes, check, check_both, note, span, user};

opening!(Bounded, mpsc, Receiver);

/// A worker that starts a task for each message, and waits for them at the end. Each message has one span, which lasts as long as
/// its handler works.
macro_rules! spawning {
    ($name:ident, $me:ident, $job:ident, $spawned:expr) => {
        mod $name {
            use super::*;

            struct Worker {
                notes: Notes,
                #[allow(dead_code, reason = "not every worker asks for a permit")]
                permits: Arc<Semaphore>,
            }

            #[traced_actor]
            impl Worker {
                async fn run(self: Arc<Self>, mut jobs: mpsc::Receiver<Job>) {
                    let mut tasks = Vec::new();
                    while let Some($job) = jobs.recv().await {
                        let $me = self.clone();
                        tasks.push($spawned);
                    }
                    for task in tasks {
                        let _ = task.await;
                    }
                }

                async fn handle(&self, job: Job) -> Outcome {
                    work_a_while(&self.notes, &job).await
                }
            }

            #[test]
            fn tree() {
                let go = |bench: Bench| async move {
                    let worker = Worker { notes: bench.notes.clone(), permits: Arc::new(Semaphore::new(1)) };
                    Arc::new(worker).run(jobs(&bench, [1, 2])).await;
                    bench.lasted("Worker/Run", 2, WHILE);
                };
                check(go, whole([1, 2]));
            }
        }
    };
}

spawning!(spawned, me, job, task::spawn(async move { me.handle(job).await }));

spawning!(behind_a_permit_of_the_loop, me, job, {
    let permit = me.permits.clone().acquire_owned().await.unwrap();
    task::spawn(async move {
        let outcome = me.handle(job).await;
        drop(permit);
        outcome
    })
});

spawning!(within_a_timeout, me, job, {
    task::spawn(async move { tokio::time::timeout(1000 * WHILE, me.handle(job)).await })
});

spawning!(within_a_select, me, job, {
    task::spawn(async move {
        tokio::select! {
            outcome = me.handle(job) => outcome,
            () = std::future::pending() => Ok(()),
        }
    })
});

spawning!(boxed, me, job, {
    let handling: futures_util::future::BoxFuture<'static, Outcome> =
        Box::pin(async move { me.handle(job).await });
    task::spawn(handling)
});

spawning!(joined_with_other_work, me, job, {
    task::spawn(async move { tokio::join!(me.handle(job), tokio::task::yield_now()) })
});

spawning!(after_other_work, me, job, {
    task::spawn(async move {
        let permits = me.permits.clone();
        let _permit = permits.try_acquire();
        me.handle(job).await
    })
});

/// Tasks that do not end by themselves.
mod cut_off {
    use super::*;

    struct Worker {
        notes: Notes,
        waits: Notify,
    }

    #[traced_actor]
    impl Worker {
        async fn aborting(self: Arc<Self>, mut jobs: mpsc::Receiver<Job>) {
            while let Some(job) = jobs.recv().await {
                let me = self.clone();
                let task = task::spawn(async move { me.handle(job).await });
                self.waits.notified().await;
                task.abort();
                let _ = task.await;
            }
        }

        async fn timing_out(self: Arc<Self>, mut jobs: mpsc::Receiver<Job>) {
            while let Some(job) = jobs.recv().await {
                let me = self.clone();
                let task = task::spawn(async move { tokio::time::timeout(WHILE, me.handle(job)).await });
                assert!(task.await.unwrap().is_err());
            }
        }

        async fn detached(self: Arc<Self>, mut jobs: mpsc::Receiver<Job>) {
            while let Some(job) = jobs.recv().await {
                let me = self.clone();
                task::spawn(async move { me.handle(job).await });
                self.waits.notified().await;
            }
        }

        async fn handle(&self, _job: Job) {
            let _last = LastNote(self.notes.clone(), "last words");
            self.waits.notify_one();
            std::future::pending::<()>().await;
        }
    }

    fn worker(bench: &Bench) -> Arc<Worker> {
        Arc::new(Worker { notes: bench.notes.clone(), waits: Notify::new() })
    }

    fn cancelled() -> Vec<Node> {
        [1, 2]
            .map(|number| user(number, [span("Worker/Run", [note("last words")]).failed("cancelled")]))
            .into()
    }

    #[test]
    fn by_an_abort() {
        check(|bench| async move { worker(&bench).aborting(jobs(&bench, [1, 2])).await }, cancelled());
    }

    #[test]
    fn by_a_timeout() {
        check(|bench| async move { worker(&bench).timing_out(jobs(&bench, [1, 2])).await }, cancelled());
    }

    #[test]
    fn with_the_runtime() {
        check(|bench| async move { worker(&bench).detached(jobs(&bench, [1, 2])).await }, cancelled());
    }
}

/// A handler that panics in its task.
#[test]
fn that_panics() {
    struct Worker;

    #[traced_actor]
    impl Worker {
        async fn run(self: Arc<Self>, mut jobs: mpsc::Receiver<Job>) {
            while let Some(job) = jobs.recv().await {
                let me = self.clone();
                assert!(task::spawn(async move { me.handle(job).await }).await.unwrap_err().is_panic());
            }
        }

        async fn handle(&self, _job: Job) {
            tokio::task::yield_now().await;
            std::panic::resume_unwind(Box::new("asked for"));
        }
    }

    let go = |bench: Bench| async move { Arc::new(Worker).run(jobs(&bench, [1, 2])).await };
    check(go, [1, 2].map(|number| user(number, [span("Worker/Run", []).failed("panic")])));
}

/// Nothing can be known of a task of tokio's own set that calls the handler itself: a root.
#[test]
fn of_a_join_set_that_knows_nothing() {
    struct Worker(Notes);

    #[traced_actor]
    impl Worker {
        async fn run(self: Arc<Self>, mut jobs: mpsc::Receiver<Job>) {
            let mut tasks = JoinSet::new();
            while let Some(job) = jobs.recv().await {
                let me = self.clone();
                tasks.spawn(async move { me.handle(job).await });
            }
            while tasks.join_next().await.is_some() {}
        }

        async fn handle(&self, job: Job) -> Outcome {
            work_a_while(&self.0, &job).await
        }
    }

    let go = |bench: Bench| async move {
        Arc::new(Worker(bench.notes.clone())).run(jobs(&bench, [1, 2])).await;
    };
    let roots = [worked("Worker/Run", 1), worked("Worker/Run", 2)];
    let received = [1, 2].map(|number| user(number, [span("Worker/Run", [])]));
    check_both(go, [&received[..], &roots[..]].concat(), roots);
}
