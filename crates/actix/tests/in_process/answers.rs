//! Each type of answer that a handler may have: what its future sends is the message's, and the span ends with it.

use std::time::Duration;

use actix::clock::sleep;
use actix::prelude::*;
use traced_actor::testkit::{self, Recording, assert_tree};
use traced_actor::traced_actor;
use traced_actor_actix::Context;

use crate::guild::{Guild, Join};
use crate::{caused, run};

/// Tells the guild, after some time, in a future of each type.
struct Clerk(Addr<Guild>);

#[traced_actor(actix)]
impl Actor for Clerk {
    type Context = Context<Self>;
}

/// The message for one type of answer.
macro_rules! answer {
    ($message:ident, $result:ty, $this:ident => $answer:expr) => {
        #[traced_actor(actix)]
        struct $message;

        impl Message for $message {
            type Result = Result<u64, String>;
        }

        impl Handler<$message> for Clerk {
            type Result = $result;

            fn handle(&mut self, _: $message, _: &mut Self::Context) -> Self::Result {
                let $this = self;
                $answer
            }
        }
    };
}

/// Tells the guild, after some time.
async fn work(guild: Addr<Guild>) -> Result<u64, String> {
    sleep(Duration::from_millis(1)).await;
    guild.do_send(Join(1));
    Err("of the future".to_owned())
}

answer!(Boxed, ResponseFuture<Result<u64, String>>, this => Box::pin(work(this.0.clone())));
answer!(OfActor, ResponseActFuture<Self, Result<u64, String>>, this => Box::pin(work(this.0.clone()).into_actor(this)));
answer!(Atomic, AtomicResponse<Self, Result<u64, String>>, this => AtomicResponse::new(Box::pin(
    work(this.0.clone()).into_actor(this).map(|result, this: &mut Self, _| {
        this.0.do_send(Join(2));
        result
    })
)));
answer!(Either, ActorResponse<Self, Result<u64, String>>, this => ActorResponse::r#async(work(this.0.clone()).into_actor(this)));
answer!(EitherNow, ActorResponse<Self, Result<u64, String>>, this => {
    this.0.do_send(Join(3));
    ActorResponse::reply(Err("of the future".to_owned()))
});
answer!(Wrapped, MessageResult<Wrapped>, this => {
    this.0.do_send(Join(4));
    MessageResult(Err("of the future".to_owned()))
});
answer!(Spawned, Response<Result<u64, String>>, this => Response::fut(work(this.0.clone())));

/// Asks, and then tells, in the handling of a message, and waits until the guild has handled what comes of it.
fn asked_and_told<M>(message: impl Fn() -> M, joins: usize) -> Recording
where
    M: traced_actor_actix::TracedMessage + Message<Result = Result<u64, String>> + Send + 'static,
    Clerk: Handler<M>,
{
    let spans = testkit::record();
    run(async {
        let clerk = Clerk(Guild::new().start()).start();
        caused(async {
            assert_eq!(clerk.send(message()).await.unwrap(), Err("of the future".to_owned()));
            clerk.do_send(message());
        })
        .await;
        spans.ended("Guild/Join", 2 * joins).await;
    });
    spans
}

fn fails(spans: &Recording, name: &str) {
    let errors: Vec<_> = spans.named(name).into_iter().map(|span| span.error).collect();
    let error = Some("of the future".to_owned());
    assert_eq!(errors, [error.clone(), error], "told or asked, it fails");
}

#[test]
fn a_future() {
    let spans = asked_and_told(|| Boxed, 1);
    fails(&spans, "Clerk/Boxed");
    assert_tree!(
        spans,
        r#"
        Cause/Cause
          2 × Clerk/Boxed error="of the future"
            Guild/Join
        "#
    );
}

#[test]
fn a_future_of_the_actor() {
    let spans = asked_and_told(|| OfActor, 1);
    fails(&spans, "Clerk/OfActor");
}

#[test]
fn a_future_that_the_actor_waits_for() {
    let spans = asked_and_told(|| Atomic, 2);
    fails(&spans, "Clerk/Atomic");
}

#[test]
fn a_future_of_the_actor_or_a_value() {
    let spans = asked_and_told(|| Either, 1);
    fails(&spans, "Clerk/Either");
    let spans = asked_and_told(|| EitherNow, 1);
    fails(&spans, "Clerk/EitherNow");
}

#[test]
fn a_wrapped_value() {
    let spans = asked_and_told(|| Wrapped, 1);
    fails(&spans, "Clerk/Wrapped");
}

/// actix spawns it itself, and its fields are private.
#[test]
fn a_response_s_future_is_not_seen() {
    let spans = asked_and_told(|| Spawned, 1);
    assert_tree!(
        spans,
        "
        Cause/Cause
          2 × Clerk/Spawned
        2 × Guild/Join (context lost)
        "
    );
}
