//! What a receive loop costs when it is polled and has nothing to do.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use traced_actor_benches::{Contestant, Measure, Row, Set, timed};

use crate::programs::{bare, provider, traced};

pub(crate) const SCOPE: Set = Set {
    name: "scope",
    world: provider::install,
    contestants: &[("bare loop", || polled(bare::idle())), ("receive scope", || polled(traced::idle()))],
    rows: &[Row::new(
        "poll of an idle receive scope",
        "receive scope",
        "bare loop",
        Measure::AddedNs,
        Some(5.0),
    )],
};

/// The sender is kept, so that the mailbox is open.
fn polled((sender, mut guild): (impl Send + 'static, Pin<Box<dyn Future<Output = ()>>>)) -> Contestant {
    timed(move |times| {
        let mut cx = Context::from_waker(Waker::noop());
        for _ in 0..times {
            assert_eq!(guild.as_mut().poll(&mut cx), Poll::Pending);
        }
        let _open = &sender;
    })
}
