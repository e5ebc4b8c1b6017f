//! Long runs of messages, connections and tasks. What is live at the end is within 1 MiB of the middle.
//!
//! With the variable `CI` set they have the numbers that are named below; a tenth of them otherwise.

use std::future::Future;

use traced_actor::sync::mpsc;
use traced_actor::{TracedExt, task, traced_actor};

use super::handover::connection;
use super::rounds::{Rounds, Threads, Users, install, run};

const MIB: isize = 1024 * 1024;

/// Runs both halves of a long run, on two threads. Every second message is sampled.
#[track_caller]
fn soak<F: Future<Output = ()>>(full: u32, halves: impl FnOnce(Rounds) -> F) {
    install();
    let count = if std::env::var_os("CI").is_some() { full } else { full / 10 };
    let rounds = Rounds::new(count, Users::Mixed);
    run(Threads::Two, Some(rounds.counters()), halves(rounds.clone()));
    let (middle, end) = (rounds.live_at(count / 2), rounds.live_at(count));
    assert!((end - middle).abs() <= MIB, "{middle} bytes in the middle of {count}, {end} at the end");
    let spans = rounds.counters().spans();
    assert!(spans >= count as usize / 2, "{spans} spans of {count}");
}

#[traced_actor]
struct Job(u32);

struct Worker {
    jobs: mpsc::Receiver<Job>,
    out: mpsc::Sender<Job>,
}

#[traced_actor]
impl Worker {
    async fn run(mut self) {
        while let Some(job) = self.jobs.recv().await {
            self.handle(job).await;
        }
    }

    async fn handle(&mut self, job: Job) {
        self.out.send(job).await.unwrap();
    }
}

/// A million messages through an actor with a handler, which sends each on to a loop.
#[test]
fn messages() {
    soak(1_000_000, |rounds| async move {
        let (sender, jobs) = mpsc::channel(64);
        let (out, mut results) = mpsc::channel(64);
        let worker = tokio::spawn(Worker { jobs, out }.run());
        let passing = rounds.clone();
        let reading = async move {
            while let Some(Job(round)) = results.recv().await {
                passing.passed(round);
            }
        };
        let reading = tokio::spawn(reading.traced());
        for round in 0..rounds.count {
            sender.send_envelope(rounds.sent(round, Job(round))).await.unwrap();
        }
        drop(sender);
        worker.await.unwrap();
        reading.await.unwrap();
    });
}

/// A hundred thousand connections, whose receivers are handed over to tasks.
#[test]
fn connections() {
    soak(100_000, |rounds| {
        async move {
            for round in 0..rounds.count {
                let mut lines = connection(&rounds, round);
                lines.recv().await.unwrap();
                let rest = async move { while lines.recv().await.is_some() {} };
                tokio::spawn(rest.traced()).await.unwrap();
                rounds.passed(round);
            }
        }
        .traced()
    });
}

/// A hundred thousand tasks of `task::spawn`, in each of which a handler is called.
#[test]
fn tasks() {
    struct Counter;

    #[traced_actor]
    impl Counter {
        async fn handle(&self, _job: Job) {
            tokio::task::yield_now().await;
        }
    }

    soak(100_000, |rounds| {
        async move {
            let (sender, mut jobs) = mpsc::channel(1);
            for round in 0..rounds.count {
                sender.send_envelope(rounds.sent(round, Job(round))).await.unwrap();
                let job = jobs.recv().await.unwrap();
                task::spawn(async move { Counter.handle(job).await }).await.unwrap();
                rounds.passed(round);
            }
        }
        .traced()
    });
}

/// A chain of tasks, each started by the previous one.
#[test]
fn tasks_of_tasks() {
    fn start(rounds: Rounds, round: u32, done: tokio::sync::oneshot::Sender<()>) {
        task::spawn(async move {
            let mut lines = connection(&rounds, round);
            lines.recv().await.unwrap();
            rounds.passed(round);
            if round + 1 == rounds.count {
                let _ = done.send(());
            } else {
                start(rounds, round + 1, done);
            }
        });
    }

    soak(100_000, |rounds| async move {
        let (done, all) = tokio::sync::oneshot::channel();
        start(rounds, 0, done);
        all.await.unwrap();
    });
}
