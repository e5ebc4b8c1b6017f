//! A sender for tests of frameworks: a message whose handler sends others.

use std::future::Future;

use traced_actor::{Envelope, traced_actor};

/// A message whose handler sends others.
#[traced_actor]
pub(crate) struct Cause;

/// Runs `work` in the handler of a message.
pub(crate) async fn caused<T>(work: impl Future<Output = T>) -> T {
    let (Cause, mut handling) = Envelope::capture(Cause).open();
    let done = handling.run(work).await;
    handling.end_ok();
    done
}
