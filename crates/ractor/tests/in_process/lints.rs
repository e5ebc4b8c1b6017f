//! Functions on one line, and bodies that begin with an item: no lint fires that would not fire without the attribute.

#![deny(clippy::pedantic, warnings, reason = "what is here is what a user with these lints writes")]

use ractor::{Actor, ActorProcessingErr, ActorRef, RpcReplyPort, SupervisionEvent, call};
use traced_actor::testkit::{self, assert_tree};
use traced_actor::traced_actor;

use crate::caused;

#[traced_actor(ractor)]
struct Width(RpcReplyPort<u64>);

struct Door;

#[rustfmt::skip]
#[traced_actor(ractor)]
impl Actor for Door {
    type Msg = Width;
    type State = u64;
    type Arguments = u64;

    async fn pre_start(&self, _: ActorRef<Width>, width: u64) -> Result<u64, ActorProcessingErr> { Ok(width) }

    async fn handle(&self, _: ActorRef<Width>, Width(port): Width, width: &mut u64) -> Result<(), ActorProcessingErr> { Ok(port.send(*width)?) }

    async fn handle_supervisor_evt(&self, _: ActorRef<Width>, _: SupervisionEvent, _: &mut u64) -> Result<(), ActorProcessingErr> { Ok(()) }
}

struct Gate;

#[traced_actor(ractor)]
impl Actor for Gate {
    type Msg = Width;
    type State = u64;
    type Arguments = u64;

    async fn pre_start(&self, _: ActorRef<Width>, width: u64) -> Result<u64, ActorProcessingErr> {
        Ok(width)
    }

    async fn handle(
        &self,
        _: ActorRef<Width>,
        Width(port): Width,
        width: &mut u64,
    ) -> Result<(), ActorProcessingErr> {
        const MOST: u64 = 3;
        use std::cmp::min;

        port.send(min(*width, MOST))?;
        Ok(())
    }
}

#[tokio::test]
async fn bodies_on_one_line_are_handled_as_any() {
    let spans = testkit::record();
    let (door, _) = Actor::spawn(None, Door, 7).await.unwrap();
    let (gate, _) = Actor::spawn(None, Gate, 7).await.unwrap();
    let seen = caused(async { (call!(door, Width).unwrap(), call!(gate, Width).unwrap()) });
    assert_eq!(seen.await, (7, 3));
    spans.ended("Gate/Width", 1).await;
    assert_tree!(
        spans,
        "
        Cause/Cause
          Door/Width
          Gate/Width
        "
    );
}
