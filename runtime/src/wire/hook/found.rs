//! The envelope that was found around a message.

use super::By;
use crate::context::MessageContext;
use crate::wire::Expected;

/// The envelope that was found around a message.
#[derive(Debug, Default)]
pub struct Found {
    /// The context of the envelope. Absent for a bare message.
    pub context: MessageContext,
    /// Whether there was an envelope. Its context is absent if it was malformed.
    pub enveloped: bool,
    /// The enum that was read, for errors.
    pub expected: Option<Expected>,
    /// Returns whether the reserved variant is an envelope rather than a variant of the message's own. Called when one
    /// is met.
    pub(super) is_reserved: Option<fn(bool, By) -> bool>,
}
