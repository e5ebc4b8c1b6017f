//! Many messages in several arbiters and threads: none is under another's trace.

use std::sync::Arc;

use actix::prelude::*;
use traced_actor::record::FinishedSpan;
use traced_actor::{TraceId, current_span, testkit, traced_actor};
use traced_actor_actix::Context;

use crate::{caused, ended, run};

const ACTORS: usize = 40;
const ARBITERS: usize = 4;
const TASKS: usize = 40;
const TRACES: usize = 50;
const MESSAGES: usize = 10;

struct Clerk;

#[traced_actor(actix)]
impl Actor for Clerk {
    type Context = Context<Self>;
}

/// Says in which trace it was sent.
#[traced_actor(actix)]
#[traced(fields(by))]
struct Sent {
    by: String,
    later: bool,
}

impl Message for Sent {
    type Result = ();
}

impl Handler<Sent> for Clerk {
    type Result = ResponseActFuture<Self, ()>;

    /// Some of them are handled while others are.
    fn handle(&mut self, sent: Sent, context: &mut Context<Self>) -> Self::Result {
        if sent.by.ends_with('0') {
            context.notify(Passed { by: sent.by });
        }
        let later = async move {
            if sent.later {
                actix::clock::sleep(std::time::Duration::ZERO).await;
            }
        };
        Box::pin(later.into_actor(self))
    }
}

#[traced_actor(actix)]
#[traced(fields(by))]
struct Passed {
    by: String,
}

impl Message for Passed {
    type Result = ();
}

impl Handler<Passed> for Clerk {
    type Result = ();

    fn handle(&mut self, _: Passed, _: &mut Context<Self>) {}
}

fn trace_id() -> TraceId {
    current_span().context().expect("everything is sampled").trace_id
}

/// A failed send stands between every two.
#[test]
fn no_message_is_under_another_s_trace() {
    let spans = testkit::record();
    run(async {
        let arbiters: Vec<Arbiter> = (0..ARBITERS).map(|_| Arbiter::new()).collect();
        let start = |n: usize| Clerk::start_in_arbiter(&arbiters[n % ARBITERS].handle(), |_| Clerk);
        let actors: Arc<Vec<_>> = Arc::new((0..ACTORS).map(start).collect());
        let dead = Clerk::create(|context| {
            context.terminate();
            Clerk
        });
        ended(&dead).await;
        let scope = spans.scope();
        let (done, mut all_done) = tokio::sync::mpsc::channel::<()>(1);
        for task in 0..TASKS {
            let (actors, dead, done) = (actors.clone(), dead.clone(), done.clone());
            arbiters[(task + 1) % ARBITERS].spawn(scope.wrap(async move {
                for trace in 0..TRACES {
                    caused(async {
                        let id = trace_id().to_string();
                        for message in 0..MESSAGES {
                            let to = &actors[(task * 7 + trace * 3 + message) % ACTORS];
                            let sent = || Sent { by: id.clone(), later: message % 2 == 0 };
                            to.do_send(sent());
                            assert!(dead.try_send(sent()).is_err());
                            if message % 3 == 0 {
                                tokio::task::yield_now().await;
                            }
                        }
                    })
                    .await;
                }
                drop(done);
            }));
        }
        drop(done);
        assert_eq!(all_done.recv().await, None);
        spans.ended("Clerk/Sent", TASKS * TRACES * MESSAGES).await;
        // Wait until each actor has handled the messages that were forwarded to it.
        for actor in actors.iter() {
            actor.send(Sent { by: "nobody".to_owned(), later: false }).await.unwrap();
        }
        for arbiter in arbiters {
            arbiter.stop();
        }
    });
    let is_wrong = |span: &&FinishedSpan| {
        let by = span.attribute("by").map(ToString::to_string);
        by.as_deref() != Some("nobody") && by != Some(span.context.trace_id.to_string())
    };
    let sent = spans.named("Clerk/Sent");
    assert_eq!(sent.len(), TASKS * TRACES * MESSAGES + ACTORS);
    assert_eq!(sent.iter().filter(is_wrong).count(), 0);
    let passed = spans.named("Clerk/Passed");
    let causes =
        sent.iter().filter(|span| span.attribute("by").is_some_and(|by| by.to_string().ends_with('0')));
    assert_eq!(passed.len(), causes.count());
    assert_eq!(passed.iter().filter(is_wrong).count(), 0);
}
