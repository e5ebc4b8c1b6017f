//! How an actor ended.

/// How an actor ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Exit {
    /// [`ActorRef::stop`](super::ActorRef::stop) was called, and the messages that were in the mailbox are handled.
    Stopped,
    /// All references are gone, and the mailbox is empty.
    Unreferenced,
    /// The handler panicked.
    Panicked,
}
