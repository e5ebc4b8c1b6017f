//! What a function does with the messages that it receives.

/// Whether a function that receives keeps the message.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    None,
    Loop,
    Helper,
}
