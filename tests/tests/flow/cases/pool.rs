//! Workers that share a receiver.

use std::sync::Arc;

use tokio::sync::{Mutex, RwLock, Semaphore};
use traced_actor::sync::mpsc;
use traced_actor::traced_actor;
use traced_actor_channels::{async_channel, flume};

use crate::cases::{WHILE, work_a_while};
use crate::channels;
use crate::channels::Channel;
use crate::shapes::{Job, Outcome, runs, whole};
use crate::tree::{Bench, Node, Notes, check, note, span, user};

opening!(Bounded, mpsc, Receiver);

/// Two workers that take their messages like this, each in a separate task.
macro_rules! pool {
    ($name:ident, $Jobs:ty, $wrap:expr, $me:ident, $receive:expr) => {
        mod $name {
            use super::*;

            #[derive(Clone)]
            struct Worker {
                jobs: $Jobs,
                notes: Notes,
                #[allow(dead_code, reason = "not every pool asks for a permit")]
                permits: Arc<Semaphore>,
            }

            #[traced_actor(msg = Job)]
            impl Worker {
                async fn run(self) {
                    let $me = &self;
                    loop {
                        let job = $receive;
                        let Some(job) = job else { break };
                        let _ = self.handle(job).await;
                    }
                }

                async fn handle(&self, job: Job) -> Outcome {
                    work_a_while(&self.notes, &job).await
                }
            }

            fn worker(bench: &Bench) -> Worker {
                let wrap = $wrap;
                let permits = Arc::new(Semaphore::new(2));
                Worker { jobs: wrap(jobs(bench, [1, 2, 3, 4])), notes: bench.notes.clone(), permits }
            }

            #[test]
            fn of_tasks() {
                let go = |bench: Bench| async move {
                    let worker = worker(&bench);
                    let (first, second) = (tokio::spawn(worker.clone().run()), tokio::spawn(worker.run()));
                    first.await.unwrap();
                    second.await.unwrap();
                    bench.lasted("Worker/Run", 4, WHILE);
                };
                check(go, whole([1, 2, 3, 4]));
            }

            #[test]
            fn in_one_task() {
                let go = |bench: Bench| async move {
                    let worker = worker(&bench);
                    tokio::join!(worker.clone().run(), worker.clone().run(), worker.run());
                    bench.lasted("Worker/Run", 4, WHILE);
                };
                check(go, whole([1, 2, 3, 4]));
            }
        }
    };
}

type Receiver = mpsc::Receiver<Job>;

pool!(of_a_mutex, Arc<Mutex<Receiver>>, |jobs| Arc::new(Mutex::new(jobs)), me, {
    me.jobs.lock().await.recv().await
});

pool!(of_a_lock_that_is_a_statement, Arc<Mutex<Receiver>>, |jobs| Arc::new(Mutex::new(jobs)), me, {
    let mut jobs = me.jobs.lock().await;
    let job = jobs.recv().await;
    drop(jobs);
    job
});

pool!(of_a_read_write_lock, Arc<RwLock<Receiver>>, |jobs| Arc::new(RwLock::new(jobs)), me, {
    me.jobs.write().await.recv().await
});

pool!(behind_a_semaphore, Arc<Mutex<Receiver>>, |jobs| Arc::new(Mutex::new(jobs)), me, {
    let _permit = me.permits.acquire().await.unwrap();
    me.jobs.lock().await.recv().await
});

/// Two workers without a handler. The work of each before its next receive belongs to its message, even if the other one
/// receives meanwhile.
macro_rules! inline_pool {
    ($name:ident, $Jobs:ty, $wrap:expr, $me:ident, $job:ident, $($receives:tt)*) => {
        mod $name {
            use super::*;

            #[derive(Clone)]
            struct Worker {
                jobs: $Jobs,
                notes: Notes,
            }

            #[traced_actor(name = "Worker")]
            impl Worker {
                async fn run(self) {
                    let $me = &self;
                    $($receives)* {
                        let _ = work_a_while(&$me.notes, &$job).await;
                    }
                    // No message is open here, and no other worker's.
                    $me.notes.note("no more");
                }
            }

            fn worker(bench: &Bench) -> Worker {
                let wrap = $wrap;
                Worker { jobs: wrap(jobs(bench, [1, 2, 3, 4, 5])), notes: bench.notes.clone() }
            }

            fn expected(workers: usize) -> Vec<Node> {
                let ends = std::iter::repeat_with(|| note("no more")).take(workers);
                inline([1, 2, 3, 4, 5]).into_iter().chain(ends).collect()
            }

            #[test]
            fn of_tasks() {
                let go = |bench: Bench| async move {
                    let worker = worker(&bench);
                    let (first, second) = (tokio::spawn(worker.clone().run()), tokio::spawn(worker.run()));
                    first.await.unwrap();
                    second.await.unwrap();
                    bench.lasted("Worker/Run", 5, WHILE);
                };
                check(go, expected(2));
            }

            #[test]
            fn in_one_task() {
                let go = |bench: Bench| async move {
                    let worker = worker(&bench);
                    tokio::join!(worker.clone().run(), worker.clone().run(), worker.run());
                    bench.lasted("Worker/Run", 5, WHILE);
                };
                check(go, expected(3));
            }
        }
    };
}

/// Returns the work of a worker without a handler for the messages of these users. Its errors are not reported.
fn inline<const N: usize>(users: [u32; N]) -> Vec<Node> {
    let work = |number: u32| [note(&format!("{number} begun")), note(&format!("{number} done"))];
    users.map(|number| user(number, [span("Worker/Run", work(number))])).into()
}

inline_pool!(inline_of_a_mutex, Arc<Mutex<Receiver>>, |jobs| Arc::new(Mutex::new(jobs)), me, job,
    while let Some(job) = { me.jobs.lock().await.recv().await }
);

inline_pool!(inline_with_a_guard, Arc<Mutex<Receiver>>, |jobs| Arc::new(Mutex::new(jobs)), me, job,
    while let Some(job) = {
        let mut jobs = me.jobs.lock().await;
        jobs.recv().await
    }
);

inline_pool!(inline_of_a_read_write_lock, Arc<RwLock<Receiver>>, |jobs| Arc::new(RwLock::new(jobs)), me, job,
    while let Some(job) = { me.jobs.write().await.recv().await }
);

/// Threads that lock, and work inline.
mod inline_on_threads {
    use super::*;
    use std::sync::Mutex;

    #[derive(Clone)]
    struct Worker {
        jobs: Arc<Mutex<Receiver>>,
        notes: Notes,
    }

    #[traced_actor(name = "Worker")]
    impl Worker {
        fn run(self) {
            loop {
                let job = self.jobs.lock().unwrap().blocking_recv();
                let Some(job) = job else { break };
                self.notes.note(format!("{} begun", job.number()));
                std::thread::sleep(WHILE);
                self.notes.note(format!("{} done", job.number()));
            }
        }
    }

    #[test]
    fn tree() {
        let go = |bench: Bench| async move {
            let worker = Worker {
                jobs: Arc::new(Mutex::new(jobs(&bench, [1, 2, 3, 4, 5]))),
                notes: bench.notes.clone(),
            };
            let workers = [1, 2, 3].map(|_| {
                let worker = worker.clone();
                traced_actor::task::spawn_blocking(move || worker.run())
            });
            for worker in workers {
                worker.await.unwrap();
            }
            bench.lasted("Worker/Run", 5, WHILE);
        };
        check(go, inline([1, 2, 3, 4, 5]));
    }
}

/// A helper locks and receives.
mod with_a_helper {
    use super::*;

    struct Worker {
        jobs: Arc<Mutex<Receiver>>,
        notes: Notes,
    }

    #[traced_actor(msg = Job)]
    impl Worker {
        #[traced(run)]
        async fn run(self) {
            while let Some(job) = self.take().await {
                let _ = self.handle(job).await;
            }
        }

        async fn take(&self) -> Option<Job> {
            self.jobs.lock().await.recv().await
        }

        async fn handle(&self, job: Job) -> Outcome {
            work_a_while(&self.notes, &job).await
        }
    }

    #[test]
    fn tree() {
        let go = |bench: Bench| async move {
            let jobs = Arc::new(Mutex::new(jobs(&bench, [1, 2, 3])));
            let worker = || Worker { jobs: jobs.clone(), notes: bench.notes.clone() };
            let workers = [tokio::spawn(worker().run()), tokio::spawn(worker().run())];
            for worker in workers {
                worker.await.unwrap();
            }
            bench.lasted("Worker/Run", 3, WHILE);
        };
        check(go, whole([1, 2, 3]));
    }

    struct Inline {
        jobs: Arc<Mutex<Receiver>>,
        notes: Notes,
    }

    #[traced_actor(name = "Worker")]
    impl Inline {
        async fn run(self) {
            while let Some(job) = self.take().await {
                let _ = work_a_while(&self.notes, &job).await;
            }
        }

        async fn take(&self) -> Option<Job> {
            let mut jobs = self.jobs.lock().await;
            jobs.recv().await
        }
    }

    #[test]
    fn inline_tree() {
        let go = |bench: Bench| async move {
            let jobs = Arc::new(Mutex::new(jobs(&bench, [1, 2, 3])));
            let worker = || Inline { jobs: jobs.clone(), notes: bench.notes.clone() };
            let workers = [tokio::spawn(worker().run()), tokio::spawn(worker().run())];
            for worker in workers {
                worker.await.unwrap();
            }
            bench.lasted("Worker/Run", 3, WHILE);
        };
        check(go, inline([1, 2, 3]));
    }
}

/// Receivers that are clones of each other.
macro_rules! clones {
    ($name:ident, $kind:ident, $Receiver:ty, $recv:ident) => {
        mod $name {
            use super::*;

            #[derive(Clone)]
            struct Worker {
                jobs: $Receiver,
                notes: Notes,
            }

            #[traced_actor]
            impl Worker {
                async fn run(self) {
                    while let Ok(job) = self.jobs.$recv().await {
                        let _ = self.handle(job).await;
                    }
                }

                async fn handle(&self, job: Job) -> Outcome {
                    work_a_while(&self.notes, &job).await
                }
            }

            #[test]
            fn tree() {
                let go = |bench: Bench| async move {
                    let (sender, receiver) = channels::channel(Channel::$kind);
                    bench.send(&sender, runs([1, 2, 3, 4]));
                    drop(sender);
                    let channels::Receiver::$kind(jobs) = receiver else { unreachable!("asked for") };
                    let worker = Worker { jobs, notes: bench.notes.clone() };
                    let workers = [1, 2, 3].map(|_| tokio::spawn(worker.clone().run()));
                    drop(worker);
                    for worker in workers {
                        worker.await.unwrap();
                    }
                    bench.lasted("Worker/Run", 4, WHILE);
                };
                check(go, whole([1, 2, 3, 4]));
            }
        }
    };
}

clones!(clones_of_flume, Flume, flume::Receiver<Job>, recv_async);
clones!(clones_of_async_channel, AsyncChannel, async_channel::Receiver<Job>, recv);
