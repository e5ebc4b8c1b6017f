//! The parts that all programs share: mailboxes, the messages' text, the handler's work, and the runtime.

use std::future::Future;
use std::hint::black_box;

use tokio::runtime::{Builder, Runtime};
use traced_actor::context::{MessageContext, Timestamp};
use traced_actor_propagation::Edge;

/// The capacity of the mailboxes.
pub(crate) const CAPACITY: usize = 1024;

/// The decision about the trace that the posts belong to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Parent {
    Unsampled,
    Sampled,
}

impl Parent {
    /// Returns the header of a request with this decision.
    pub(crate) fn traceparent(self) -> &'static str {
        match self {
            Self::Unsampled => "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00",
            Self::Sampled => "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        }
    }
}

/// Returns the context of a request with this header.
pub(crate) fn arrived(parent: Parent) -> MessageContext {
    Edge::new("orders").accept(&[("traceparent", parent.traceparent())], Timestamp::now()).context
}

/// The text of a post.
pub(crate) type Text = [u64; 6];

pub(crate) fn text(number: u64) -> Text {
    [number; 6]
}

/// Stores a text. The handler waits for this, and it completes at once.
pub(crate) async fn stored(channel: u64, text: &Text) -> u64 {
    std::future::ready(black_box(channel ^ text[5])).await
}

pub(crate) fn runtime() -> Runtime {
    Builder::new_current_thread().build().expect("a runtime of one thread without drivers")
}

/// Runs both actors of a program in the background of `runtime`.
pub(crate) fn start(
    runtime: &Runtime,
    gateway: impl Future<Output = ()> + Send + 'static,
    guild: impl Future<Output = ()> + Send + 'static,
) {
    runtime.spawn(gateway);
    runtime.spawn(guild);
}
