//! Sends many messages on several threads. None may be under another's trace.

use std::future::Future;
use std::sync::Arc;

use traced_actor::record::FinishedSpan;
use traced_actor::testkit::Recording;
use traced_actor::{TraceId, current_span};

use crate::caused::caused;

/// The number of actors.
pub(crate) const ACTORS: usize = 40;
const TASKS: usize = 40;
const TRACES: usize = 50;
const MESSAGES: usize = 10;

fn trace_id() -> TraceId {
    current_span().context().expect("everything is sampled").trace_id
}

/// Sends the messages, and returns the actors.
///
/// `send` sends a message to an actor, and another one that fails. It is told the number of the message and its trace.
pub(crate) async fn send_all<A, F>(
    spans: &Recording,
    actors: Vec<A>,
    send: impl Fn(A, usize, String) -> F + Clone + Send + Sync + 'static,
) -> Arc<Vec<A>>
where
    A: Clone + Send + Sync + 'static,
    F: Future<Output = ()> + Send,
{
    let actors = Arc::new(actors);
    let scope = spans.scope();
    let tasks = (0..TASKS).map(|task| {
        let (actors, send) = (actors.clone(), send.clone());
        tokio::spawn(scope.wrap(async move {
            for trace in 0..TRACES {
                caused(async {
                    let id = trace_id().to_string();
                    for message in 0..MESSAGES {
                        let to = &actors[(task * 7 + trace * 3 + message) % ACTORS];
                        send(to.clone(), message, id.clone()).await;
                        if message % 3 == 0 {
                            tokio::task::yield_now().await;
                        }
                    }
                })
                .await;
            }
        }))
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.unwrap();
    }
    actors
}

/// Checks that each message says in which trace it was sent.
pub(crate) async fn check(spans: &Recording) {
    let sent = spans.ended("Guild/Sent", TASKS * TRACES * MESSAGES).await;
    assert_eq!(sent.len(), TASKS * TRACES * MESSAGES);
    let is_wrong = |span: &&FinishedSpan| {
        span.attribute("by").map(ToString::to_string) != Some(span.context.trace_id.to_string())
    };
    assert_eq!(sent.iter().filter(is_wrong).count(), 0);
}
