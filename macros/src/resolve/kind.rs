//! Decides whether a function that receives keeps its messages.

/// The kind of a function that receives: whether it keeps the message.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    None,
    Loop,
    Helper,
}
