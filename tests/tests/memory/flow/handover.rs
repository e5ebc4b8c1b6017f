//! A loop takes the first message of each connection, and gives the connection's receiver to somebody else.

use std::collections::VecDeque;
use std::future::{Future, pending};

use futures_util::StreamExt;
use tokio::sync::oneshot;
use traced_actor::sync::mpsc;
use traced_actor::sync::stream::ReceiverStream;
use traced_actor::{TracedExt, task, traced_actor};
use traced_actor_channels::{async_channel, flume};

use super::rounds::{Rounds, flat};

const CONNECTIONS: u32 = 3_000;

#[traced_actor]
pub(crate) enum Line {
    Hello,
    Bye,
}

/// The receiver of a closed connection, in which two lines are left.
pub(crate) fn connection(rounds: &Rounds, round: u32) -> mpsc::Receiver<Line> {
    let (client, lines) = mpsc::channel(2);
    for line in [Line::Hello, Line::Bye] {
        client.try_send_envelope(rounds.sent(round, line)).unwrap();
    }
    lines
}

async fn rest(mut lines: mpsc::Receiver<Line>) {
    while let Some(Line::Bye) = lines.recv().await {}
}

/// Accepts connections whose rest somebody else receives.
async fn accept<F: Future<Output = ()>>(rounds: Rounds, hand_over: fn(mpsc::Receiver<Line>) -> F) {
    for round in 0..rounds.count {
        let mut lines = connection(&rounds, round);
        let Some(Line::Hello) = lines.recv().await else { return };
        hand_over(lines).await;
        rounds.passed(round);
    }
}

#[track_caller]
fn handing_over<F: Future<Output = ()>>(hand_over: fn(mpsc::Receiver<Line>) -> F) {
    flat(CONNECTIONS, |rounds| accept(rounds, hand_over).traced());
}

#[test]
fn to_a_task() {
    handing_over(|lines| async { tokio::spawn(rest(lines).traced()).await.unwrap() });
}

#[test]
fn to_a_task_without_a_scope() {
    handing_over(|lines| async { tokio::spawn(rest(lines)).await.unwrap() });
}

#[test]
fn to_a_task_that_inherits() {
    handing_over(|lines| async { task::spawn(rest(lines)).await.unwrap() });
}

#[test]
fn to_an_inner_scope() {
    handing_over(|lines| rest(lines).traced());
}

#[test]
fn to_a_thread() {
    handing_over(|mut lines| async {
        let rest = move || while let Some(Line::Bye) = lines.blocking_recv() {};
        tokio::task::spawn_blocking(rest).await.unwrap();
    });
}

#[test]
fn to_a_thread_that_inherits() {
    handing_over(|mut lines| async {
        let rest = move || while let Some(Line::Bye) = lines.blocking_recv() {};
        task::spawn_blocking(rest).await.unwrap();
    });
}

#[test]
fn to_a_stream() {
    handing_over(|lines| async {
        let rest = async { ReceiverStream::new(lines).for_each(|_| async {}).await };
        tokio::spawn(rest.traced()).await.unwrap();
    });
}

#[test]
fn to_a_task_that_only_drops_it() {
    handing_over(|lines| async { tokio::spawn(async { drop(lines) }).await.unwrap() });
}

/// The task is aborted when it has received, and waits.
#[test]
fn to_a_task_that_is_aborted() {
    handing_over(|mut lines| async {
        let (began, has_begun) = oneshot::channel();
        let task = tokio::spawn(
            async move {
                let _ = lines.recv().await;
                began.send(()).unwrap();
                pending::<()>().await;
            }
            .traced(),
        );
        has_begun.await.unwrap();
        task.abort();
        let _ = task.await;
    });
}

/// As it is for a task that is aborted before it has begun.
#[test]
fn to_a_future_that_is_never_polled() {
    handing_over(|lines| async { drop(rest(lines).traced()) });
}

#[test]
fn to_a_loop_that_stops_early() {
    handing_over(|mut lines| async {
        let first = async move { lines.recv().await };
        tokio::spawn(first.traced()).await.unwrap();
    });
}

#[test]
fn to_nobody() {
    handing_over(|lines| async { drop(lines) });
}

/// The loop that accepts has no scope: its state is found by the id of its task.
#[test]
fn from_a_task_without_a_scope() {
    flat(CONNECTIONS, |rounds| async {
        let hand_over = |lines| async { tokio::spawn(rest(lines).traced()).await.unwrap() };
        tokio::spawn(accept(rounds, hand_over)).await.unwrap();
    });
}

/// Both have none.
#[test]
fn between_tasks_without_a_scope() {
    flat(CONNECTIONS, |rounds| async {
        let hand_over = |lines| async { tokio::spawn(rest(lines)).await.unwrap() };
        tokio::spawn(accept(rounds, hand_over)).await.unwrap();
    });
}

/// A few connections are always open, and the oldest ends first.
#[test]
fn while_others_are_open() {
    flat(CONNECTIONS, |rounds| {
        async move {
            let mut open = VecDeque::new();
            for round in 0..rounds.count {
                let (client, mut lines) = mpsc::channel(2);
                client.try_send_envelope(rounds.sent(round, Line::Hello)).unwrap();
                let Some(Line::Hello) = lines.recv().await else { return };
                open.push_back((client, tokio::spawn(rest(lines).traced())));
                if open.len() > 8 {
                    let (client, task) = open.pop_front().unwrap();
                    drop(client);
                    task.await.unwrap();
                }
                rounds.passed(round);
            }
        }
        .traced()
    });
}

/// Like the test above, but the newest ends first: the messages below it in the list never end.
#[test]
fn while_older_ones_stay_open() {
    flat(CONNECTIONS, |rounds| {
        async move {
            let mut stay = Vec::new();
            for _ in 0..4 {
                let mut lines = connection(&rounds, 1);
                lines.recv().await.unwrap();
                stay.push(lines);
            }
            accept(rounds, |lines| async { tokio::spawn(rest(lines).traced()).await.unwrap() }).await;
        }
        .traced()
    });
}

struct Session {
    lines: mpsc::Receiver<Line>,
}

#[traced_actor]
impl Session {
    async fn run(mut self) {
        while let Some(line) = self.lines.recv().await {
            self.handle(line).await;
        }
    }

    async fn handle(&mut self, _line: Line) {
        tokio::task::yield_now().await;
    }
}

/// The first message has a handler, and the actor is a task from then on.
#[test]
fn of_an_actor() {
    flat(CONNECTIONS, |rounds| {
        async move {
            for round in 0..rounds.count {
                let mut session = Session { lines: connection(&rounds, round) };
                let Some(hello) = session.lines.recv().await else { return };
                session.handle(hello).await;
                tokio::spawn(session.run()).await.unwrap();
                rounds.passed(round);
            }
        }
        .traced()
    });
}

/// The handler's future takes the message with it, and the rest is somebody else's.
#[test]
fn of_an_actor_whose_first_handler_is_a_task() {
    flat(CONNECTIONS, |rounds| {
        async move {
            for round in 0..rounds.count {
                let mut session = Session { lines: connection(&rounds, round) };
                let Some(hello) = session.lines.recv().await else { return };
                let serve = async move {
                    session.handle(hello).await;
                    session.run().await;
                };
                task::spawn(serve).await.unwrap();
                rounds.passed(round);
            }
        }
        .traced()
    });
}

/// A handler that is dropped before its first poll.
#[test]
fn of_an_actor_whose_first_handler_is_never_polled() {
    flat(CONNECTIONS, |rounds| {
        async move {
            for round in 0..rounds.count {
                let mut session = Session { lines: connection(&rounds, round) };
                let Some(hello) = session.lines.recv().await else { return };
                drop(session.handle(hello));
                tokio::spawn(session.run()).await.unwrap();
                rounds.passed(round);
            }
        }
        .traced()
    });
}

#[traced_actor]
struct Connection(mpsc::Receiver<Line>);

/// Receivers arrive as messages, and the handler of each gives its own to a task.
#[test]
fn within_a_handler() {
    struct Listener;

    #[traced_actor]
    impl Listener {
        async fn run(mut self, mut connections: mpsc::Receiver<Connection>, rounds: Rounds) {
            let mut round = 0;
            while let Some(connection) = connections.recv().await {
                self.handle(connection).await;
                rounds.passed(round);
                round += 1;
            }
        }

        async fn handle(&mut self, Connection(mut lines): Connection) {
            let Some(Line::Hello) = lines.recv().await else { return };
            tokio::spawn(rest(lines).traced()).await.unwrap();
        }
    }

    flat(CONNECTIONS, |rounds| async move {
        let (sender, connections) = mpsc::channel(1);
        let sending = async {
            for round in 0..rounds.count {
                let lines = Connection(connection(&rounds, round));
                sender.send_envelope(rounds.sent(round, lines)).await.unwrap();
            }
            drop(sender);
        };
        // The tail expression would keep the borrow of `sender`.
        let running = Listener.run(connections, rounds.clone());
        tokio::join!(running, sending);
    });
}

/// The other channels, each to a task with and without a scope.
macro_rules! over {
    ($name:ident, $open:expr, $Receiver:ty, $recv:ident, $Some:ident, $send:ident) => {
        mod $name {
            use super::*;

            async fn rest(lines: $Receiver) {
                let mut lines = lines;
                while let $Some(Line::Bye) = lines.$recv().await {}
            }

            async fn accept<F: Future<Output = ()>>(rounds: Rounds, hand_over: fn($Receiver) -> F) {
                for round in 0..rounds.count {
                    let (client, mut lines) = $open;
                    for line in [Line::Hello, Line::Bye] {
                        assert!(client.$send(rounds.sent(round, line)).is_ok());
                    }
                    drop(client);
                    let $Some(Line::Hello) = lines.$recv().await else { return };
                    hand_over(lines).await;
                    rounds.passed(round);
                }
            }

            #[test]
            fn to_a_task() {
                flat(CONNECTIONS, |rounds| {
                    accept(rounds, |lines| async { tokio::spawn(rest(lines).traced()).await.unwrap() })
                        .traced()
                });
            }

            #[test]
            fn to_a_task_without_a_scope() {
                flat(CONNECTIONS, |rounds| {
                    accept(rounds, |lines| async { tokio::spawn(rest(lines)).await.unwrap() }).traced()
                });
            }

            #[test]
            fn to_an_inner_scope() {
                flat(CONNECTIONS, |rounds| accept(rounds, |lines| rest(lines).traced()).traced());
            }
        }
    };
}

over!(unbounded, mpsc::unbounded_channel(), mpsc::UnboundedReceiver<Line>, recv, Some, send_envelope);

#[allow(unused_mut, reason = "it is received from by shared reference")]
mod shared {
    use super::*;

    over!(over_flume, flume::bounded(2), flume::Receiver<Line>, recv_async, Ok, try_send_envelope);
    over!(
        over_async_channel,
        async_channel::bounded(2),
        async_channel::Receiver<Line>,
        recv,
        Ok,
        try_send_envelope
    );
}
