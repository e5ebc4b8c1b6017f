//! Errors of hellos, received messages and names.

use std::error::Error;
use std::fmt;

use crate::DecodeError;

/// The error for bytes that are not a valid [`Hello`](super::Hello). The peer counts as an old node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum HelloError {
    /// The bytes do not begin like a hello.
    NoHello,
    /// The length of the hello, or of one of its fields, does not match its contents.
    Length,
    /// The hello has the version 0.
    Version,
    /// The hello has this field twice.
    Twice(u8),
    /// A later hello on this connection differs from the first one.
    Contradiction,
}

impl fmt::Display for HelloError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoHello => f.write_str("the bytes are not a hello: they do not begin like one"),
            Self::Length => {
                f.write_str("malformed hello: the length of the hello or of one of its fields is wrong")
            }
            Self::Version => f.write_str("malformed hello: its version is 0"),
            Self::Twice(tag) => write!(f, "malformed hello: the field {tag} occurs twice"),
            Self::Contradiction => {
                f.write_str("this hello contradicts an earlier one on the same connection")
            }
        }
    }
}

impl Error for HelloError {}

/// The error if there is no room for another name, because too many names are in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TooManyNames {
    pub(super) limit: usize,
}

impl fmt::Display for TooManyNames {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "cannot store the setting: {} other names are in use; close connections or reset settings first",
            self.limit
        )
    }
}

impl Error for TooManyNames {}

/// The error for a received message that was not accepted. Do not confirm the message to its sender.
#[derive(Debug)]
pub struct ReceiveError {
    pub(super) actor: Box<str>,
    pub(super) peer: Box<str>,
    pub(super) codec: &'static str,
    /// The decoding error, or `None` if the message was bare and refused.
    pub(super) source: Option<DecodeError>,
}

impl ReceiveError {
    /// Returns whether the message was refused because it was bare in [`Phase::Require`](super::Phase::Require).
    pub fn is_refused(&self) -> bool {
        self.source.is_none()
    }

    /// Returns the actor that the message was for.
    pub fn actor(&self) -> &str {
        &self.actor
    }

    /// Returns the peer that sent the message.
    pub fn peer(&self) -> &str {
        &self.peer
    }

    /// Returns the name of the codec.
    pub fn codec(&self) -> &'static str {
        self.codec
    }
}

impl fmt::Display for ReceiveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { actor, peer, codec, source } = self;
        match source {
            Some(error) => write!(f, "cannot accept a message for `{actor}` from `{peer}`: {error}"),
            None => write!(
                f,
                "refused a bare {codec} message for `{actor}` from `{peer}`: the rollout is in `Require`, and this \
                 peer did not say on this connection that it knows envelopes"
            ),
        }
    }
}

impl Error for ReceiveError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_ref().map(|error| error as _)
    }
}
