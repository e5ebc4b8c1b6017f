//! The reason why an actor ended.

/// The reason why an actor ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Exit {
    /// [`ActorRef::stop`](super::ActorRef::stop) was called, and the messages that were in the mailbox were handled.
    Stopped,
    /// All references were dropped, and the mailbox is empty.
    Unreferenced,
    /// The handler panicked.
    Panicked,
}
