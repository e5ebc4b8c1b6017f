//! What generated code names. Not part of the public interface.

pub use ractor;
use ractor::message::{BoxedDowncastErr, BoxedMessage, SerializedMessage};

pub use crate::failure::supervised;
pub use crate::handle::{handle, open};

/// A message as it goes into a mailbox.
pub type Boxed = Result<BoxedMessage, BoxedDowncastErr>;
/// A message as it comes out of a mailbox.
pub type Unboxed<M> = Result<M, BoxedDowncastErr>;
/// A message as it goes to another node.
pub type Serialized = Result<SerializedMessage, BoxedDowncastErr>;
