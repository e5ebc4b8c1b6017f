//! A flow that never waits, because there is always a message: its poll does not end, and neither may what it keeps grow.

use std::sync::Arc;

use traced_actor::sync::mpsc;
use traced_actor::{TracedExt, traced_actor};
use traced_actor_channels::flume;

use super::rounds::{Rounds, flat};

const ROUNDS: u32 = 3_000;

#[traced_actor]
struct Job(u32);

struct Worker;

#[traced_actor(name = "Job")]
impl Worker {
    async fn handle(&self, _job: Job) {}
}

/// A closed channel with a message of each round.
fn jobs(rounds: &Rounds) -> flume::Receiver<Job> {
    let (sender, receiver) = flume::unbounded();
    for round in 0..rounds.count {
        assert!(sender.send_envelope(rounds.sent(round, Job(round))).is_ok());
    }
    receiver
}

#[test]
fn inline() {
    flat(ROUNDS, |rounds| {
        async move {
            let jobs = jobs(&rounds);
            while let Ok(Job(round)) = jobs.recv_async().await {
                rounds.passed(round);
            }
        }
        .traced()
    });
}

#[test]
fn with_a_handler() {
    flat(ROUNDS, |rounds| {
        async move {
            let jobs = jobs(&rounds);
            while let Ok(job) = jobs.recv_async().await {
                let Job(round) = job;
                Worker.handle(Job(round)).await;
                rounds.passed(round);
            }
        }
        .traced()
    });
}

/// A task for each message, which uses the receiver of all of them once.
#[test]
fn tasks_that_share_a_receiver() {
    flat(ROUNDS, |rounds| async move {
        let jobs = Arc::new(jobs(&rounds));
        for round in 0..rounds.count {
            let jobs = jobs.clone();
            let task = async move {
                let job = jobs.recv_async().await.unwrap();
                Worker.handle(job).await;
            };
            tokio::spawn(task.traced()).await.unwrap();
            rounds.passed(round);
        }
    });
}

/// Tokio's channel yields now and then, unless this is turned off.
#[test]
fn unconstrained() {
    flat(ROUNDS, |rounds| {
        let busy = async move {
            let (sender, mut receiver) = mpsc::unbounded_channel();
            for round in 0..rounds.count {
                sender.send_envelope(rounds.sent(round, Job(round))).unwrap();
            }
            drop(sender);
            while let Some(Job(round)) = receiver.recv().await {
                rounds.passed(round);
            }
        };
        tokio::task::unconstrained(busy.traced())
    });
}

/// A receiver of its own for each message, which is dropped before the next one.
#[test]
fn receivers_that_are_dropped() {
    flat(ROUNDS, |rounds| {
        let busy = async move {
            for round in 0..rounds.count {
                let (sender, mut receiver) = mpsc::channel(1);
                sender.try_send_envelope(rounds.sent(round, Job(round))).unwrap();
                receiver.recv().await.unwrap();
                drop(receiver);
                rounds.passed(round);
            }
        };
        tokio::task::unconstrained(busy.traced())
    });
}

/// A thread has no polls at all.
#[test]
fn on_a_thread() {
    flat(ROUNDS, |rounds| async move {
        let work = move || {
            for round in 0..rounds.count {
                let (sender, mut receiver) = mpsc::channel(1);
                sender.try_send_envelope(rounds.sent(round, Job(round))).unwrap();
                receiver.blocking_recv().unwrap();
                drop(receiver);
                rounds.passed(round);
            }
        };
        tokio::task::spawn_blocking(work).await.unwrap();
    });
}

/// A message ends when its receiver is dropped, whatever the thread does next.
#[test]
fn receivers_that_are_dropped_together_on_a_thread() {
    use super::counting::Counters;
    use super::rounds::{Users, carried, install};

    install();
    for count in [1, 2, 100] {
        let counters = Counters::start();
        let mut receivers = Vec::new();
        for number in 0..count {
            let (sender, mut receiver) = mpsc::channel(1);
            let job = traced_actor::Envelope::new(Job(number), carried(Users::Sampled, number));
            sender.try_send_envelope(job).unwrap();
            receiver.blocking_recv().unwrap();
            receivers.push(receiver);
        }
        assert_eq!(counters.spans(), 0, "all of them are open");
        drop(receivers);
        assert_eq!(counters.spans(), count as usize, "the receivers were dropped");
    }
}
