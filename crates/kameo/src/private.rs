//! What generated code names. Not part of the public interface.

pub use kameo;
use kameo::message::BoxMessage;

pub use crate::failure::{started, undelivered};
pub use crate::handle::{arrived, begin};
pub use crate::handover::forget;
pub use crate::names::NameId;
pub use crate::outcome::{ByNothing, BySendError, ByWords, Outcome};
pub use crate::receive::{Buffered, Handled, Passed, handled, on_message, received};
pub use crate::send::name;
pub use crate::traced::unwrapped;

/// The messages that are left in a mailbox.
pub type Undelivered<A> = Vec<BoxMessage<A>>;
