//! Each round is a task that the round before has started.

use tokio::sync::oneshot;
use traced_actor::sync::mpsc;
use traced_actor::{TracedExt, task, traced_actor};

use super::rounds::{Rounds, flat};

const ROUNDS: u32 = 6_000;

/// The rest of the rounds, and the channel that reports the end.
#[traced_actor]
struct Round {
    number: u32,
    rounds: Rounds,
    done: oneshot::Sender<()>,
}

impl Round {
    /// The round after this one, which is over.
    fn next(self) -> Option<Self> {
        self.rounds.passed(self.number);
        if self.number + 1 == self.rounds.count {
            let _ = self.done.send(());
            return None;
        }
        Some(Self { number: self.number + 1, ..self })
    }
}

/// Checks that memory stays flat over rounds that start one another, a message each.
#[track_caller]
fn respawning(start: fn(mpsc::Receiver<Round>)) {
    flat(ROUNDS, |rounds| async move { first_to_last(&rounds, start).await });
}

/// Starts the first round, and waits for the last one.
async fn first_to_last(rounds: &Rounds, start: fn(mpsc::Receiver<Round>)) {
    let (done, all) = oneshot::channel();
    let (first, receiver) = mpsc::channel(1);
    let round = Round { number: 0, rounds: rounds.clone(), done };
    first.try_send_envelope(rounds.sent(1, round)).unwrap();
    start(receiver);
    all.await.unwrap();
}

/// A mailbox in which the next round is.
fn mailbox(round: Round) -> mpsc::Receiver<Round> {
    let (next, rounds) = mpsc::channel(1);
    next.try_send(round).unwrap();
    rounds
}

/// An actor whose handler starts the next one.
macro_rules! lap {
    ($name:ident, $lap:ident, $start:expr) => {
        mod $name {
            use super::*;

            struct Lap {
                rounds: mpsc::Receiver<Round>,
            }

            #[traced_actor]
            impl Lap {
                async fn run(mut self) {
                    while let Some(round) = self.rounds.recv().await {
                        self.handle(round).await;
                    }
                }

                async fn handle(&mut self, round: Round) {
                    if let Some(next) = round.next() {
                        start(mailbox(next));
                    }
                }
            }

            fn start(rounds: mpsc::Receiver<Round>) {
                let $lap = Lap { rounds };
                $start;
            }

            #[test]
            fn flat() {
                respawning(start);
            }
        }
    };
}

lap!(by_task_spawn, lap, task::spawn(lap.run()));
lap!(by_tokio_spawn, lap, tokio::spawn(lap.run()));
lap!(behind_traced, lap, task::spawn(lap.run().traced()));
lap!(by_tokio_spawn_behind_traced, lap, tokio::spawn(lap.run().traced()));
lap!(within_a_block, lap, task::spawn(async move { lap.run().await }));
lap!(of_tasks_in_tasks, lap, task::spawn(async move { task::spawn(lap.run()).await }));

/// No handler: the loop itself starts the next one.
mod inline {
    use super::*;

    #[traced_actor]
    async fn run(mut rounds: mpsc::Receiver<Round>) {
        while let Some(round) = rounds.recv().await {
            if let Some(next) = round.next() {
                start(mailbox(next));
            }
        }
    }

    fn start(rounds: mpsc::Receiver<Round>) {
        task::spawn(run(rounds));
    }

    #[test]
    fn flat() {
        respawning(start);
    }
}

/// No attribute either: the task inherits, and what it receives lies on top.
mod without_an_attribute {
    use super::*;

    fn start(mut rounds: mpsc::Receiver<Round>) {
        task::spawn(async move {
            let round = rounds.recv().await.unwrap();
            if let Some(next) = round.next() {
                start(mailbox(next));
            }
        });
    }

    #[test]
    fn flat() {
        respawning(start);
    }
}

/// The task receives nothing: it starts the next one out of what it inherits.
mod that_only_inherits {
    use super::*;

    fn start(mut rounds: mpsc::Receiver<Round>) {
        task::spawn(async move { again(rounds.recv().await.unwrap()) });
    }

    fn again(round: Round) {
        if let Some(next) = round.next() {
            task::spawn(async move { again(next) });
        }
    }

    #[test]
    fn flat() {
        super::flat_but_one_span(start);
    }
}

/// Like [`respawning`], with only one message.
#[track_caller]
fn flat_but_one_span(start: fn(mpsc::Receiver<Round>)) {
    flat(ROUNDS, |rounds| async move {
        first_to_last(&rounds, start).await;
        // The spans that are counted: as many as there are rounds.
        for round in 0..rounds.count {
            let mut other = super::handover::connection(&rounds, round);
            async move { other.recv().await }.traced().await;
        }
    });
}

/// A message's handler is a task, and sends the next message to its own actor.
mod by_the_handler_s_task {
    use std::sync::Arc;

    use super::*;

    struct Lap;

    #[traced_actor]
    impl Lap {
        async fn run(self: Arc<Self>, mut rounds: mpsc::Receiver<Round>) {
            while let Some(round) = rounds.recv().await {
                let this = self.clone();
                task::spawn(async move { this.handle(round).await });
            }
        }

        async fn handle(&self, round: Round) {
            if let Some(next) = round.next() {
                start(mailbox(next));
            }
        }
    }

    fn start(rounds: mpsc::Receiver<Round>) {
        task::spawn(Arc::new(Lap).run(rounds));
    }

    #[test]
    fn flat() {
        respawning(start);
    }
}

/// Actors that `spawn` starts, each out of the handler of the one before.
mod actors {
    use super::*;

    struct Lap;

    #[traced_actor]
    impl Lap {
        async fn handle(&mut self, round: Round) {
            if let Some(next) = round.next() {
                traced_actor::spawn(Lap, 1).try_cast(next).unwrap();
            }
        }
    }

    #[test]
    fn flat() {
        respawning(|mut rounds| {
            let lap = traced_actor::spawn(Lap, 1);
            let Ok(first) = rounds.try_recv_envelope() else { unreachable!("it was sent") };
            tokio::spawn(async move { lap.cast_envelope(first).await.unwrap() });
        });
    }
}

/// Threads for blocking work, each started by the one before.
mod blocking {
    use super::*;

    struct Lap {
        rounds: mpsc::Receiver<Round>,
    }

    #[traced_actor]
    impl Lap {
        fn run(mut self) {
            while let Some(round) = self.rounds.blocking_recv() {
                self.handle(round);
            }
        }

        fn handle(&mut self, round: Round) {
            if let Some(next) = round.next() {
                start(mailbox(next));
            }
        }
    }

    fn start(rounds: mpsc::Receiver<Round>) {
        let lap = Lap { rounds };
        task::spawn_blocking(move || lap.run());
    }

    #[test]
    fn flat() {
        respawning(start);
    }
}
