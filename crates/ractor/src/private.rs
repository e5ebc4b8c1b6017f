//! Items that generated code uses. Not part of the public API.

pub use ractor;
use ractor::message::{BoxedDowncastErr, BoxedMessage, SerializedMessage};

pub use crate::failure::supervised;
pub use crate::handle::{handle, open};

/// A message as it is put into a mailbox.
pub type Boxed = Result<BoxedMessage, BoxedDowncastErr>;
/// A message as it is taken out of a mailbox.
pub type Unboxed<M> = Result<M, BoxedDowncastErr>;
/// A message as it is sent to another node.
pub type Serialized = Result<SerializedMessage, BoxedDowncastErr>;
