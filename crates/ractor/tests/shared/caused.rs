//! A sender for tests of frameworks: a message whose handling causes others.

use std::future::Future;

use traced_actor::{Envelope, traced_actor};

/// A message whose handling causes others.
#[traced_actor]
pub(crate) struct Cause;

/// Does `work` in the handling of a message.
pub(crate) async fn caused<T>(work: impl Future<Output = T>) -> T {
    let (Cause, mut handling) = Envelope::capture(Cause).open();
    let done = handling.run(work).await;
    handling.end_ok();
    done
}
