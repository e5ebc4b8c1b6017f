//! An actor whose context is not ours, as one of `actix_web_actors`: a message carries its context by hand.

use actix::prelude::*;
use traced_actor::testkit::{self, assert_tree};
use traced_actor::{Envelope, traced_actor};

use crate::guild::{Guild, Join};
use crate::{caused, run};

/// Has actix's own context.
struct Socket(Addr<Guild>);

impl Actor for Socket {
    type Context = Context<Self>;
}

#[traced_actor]
struct Text;

/// A message of actix's, with the envelope of ours.
struct Deliver(Envelope<Text>);

impl Message for Deliver {
    type Result = ();
}

impl Handler<Deliver> for Socket {
    type Result = ();

    fn handle(&mut self, deliver: Deliver, _: &mut Context<Self>) {
        let (Text, mut handling) = deliver.0.open();
        let _entered = handling.enter();
        self.0.do_send(Join(1));
    }
}

struct Bare;

impl Message for Bare {
    type Result = ();
}

impl Handler<Bare> for Socket {
    type Result = ();

    fn handle(&mut self, _: Bare, _: &mut Context<Self>) {
        self.0.do_send(Join(1));
    }
}

fn sent<M>(message: fn() -> M) -> testkit::Recording
where
    Socket: Handler<M>,
    M: Message<Result = ()> + Send + 'static,
{
    let spans = testkit::record();
    run(async {
        let socket = Socket(Guild::new().start()).start();
        caused(async { socket.send(message()).await.unwrap() }).await;
        spans.ended("Guild/Join", 1).await;
    });
    spans
}

#[test]
fn an_envelope_in_the_message_carries_the_trace() {
    assert_tree!(
        sent(|| Deliver(Envelope::capture(Text))),
        "
        Cause/Cause
          Text/Text
            Guild/Join
        "
    );
}

#[test]
fn what_it_sends_starts_a_trace() {
    assert_eq!(sent(|| Bare).named("Guild/Join")[0].parent, None);
}
