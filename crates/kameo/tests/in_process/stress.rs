//! Many messages on several threads: none is under another's trace.

use std::sync::Arc;

use traced_actor::testkit;
use traced_actor::{TraceId, current_span};

use crate::guild::{Note, Sent};
use crate::{caused, spawn, stop};

const ACTORS: usize = 40;
const TASKS: usize = 40;
const TRACES: usize = 50;
const MESSAGES: usize = 10;

fn trace_id() -> TraceId {
    current_span().context().expect("everything is sampled").trace_id
}

/// Each note says in which trace it was sent; a failed send stands between every two.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_message_is_under_another_s_trace() {
    let spans = testkit::record();
    let mut actors = Vec::new();
    for _ in 0..ACTORS {
        actors.push(spawn(None).await);
    }
    let actors = Arc::new(actors);
    let dead = spawn(None).await;
    stop(&dead).await;
    let scope = spans.scope();
    let tasks = (0..TASKS).map(|task| {
        let (actors, dead) = (actors.clone(), dead.clone());
        tokio::spawn(scope.wrap(async move {
            for trace in 0..TRACES {
                caused(async {
                    let id = trace_id().to_string();
                    for message in 0..MESSAGES {
                        let to = &actors[(task * 7 + trace * 3 + message) % ACTORS];
                        match message % 2 {
                            0 => to.tell(Sent { by: id.clone() }).await.unwrap(),
                            _ => to.ask(Sent { by: id.clone() }).await.unwrap(),
                        }
                        assert!(dead.tell(Note(id.clone())).await.is_err());
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
    for actor in actors.iter() {
        stop(actor).await;
    }
    let sent = spans.ended("Guild/Sent", TASKS * TRACES * MESSAGES).await;
    assert_eq!(sent.len(), TASKS * TRACES * MESSAGES);
    let is_wrong = |span: &&traced_actor::record::FinishedSpan| {
        span.attribute("by").map(ToString::to_string) != Some(span.context.trace_id.to_string())
    };
    assert_eq!(sent.iter().filter(is_wrong).count(), 0);
}
