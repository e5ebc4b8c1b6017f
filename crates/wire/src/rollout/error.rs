//! What is wrong with a hello, a message or a name.

use std::error::Error;
use std::fmt;

use crate::DecodeError;

/// Bytes are no [`Hello`](super::Hello). The connection is one to an old node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum HelloError {
    /// It does not begin as a hello does.
    NoHello,
    /// It is not as long as it says, or a part of it is not.
    Length,
    /// The version 0.
    Version,
    /// A field stands in it twice.
    Twice(u8),
    /// A later hello on this connection says something else than the first.
    Contradiction,
}

impl fmt::Display for HelloError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoHello => f.write_str("no hello: its first bytes are others"),
            Self::Length => f.write_str("a hello, or a field of it, that is not as long as it says"),
            Self::Version => f.write_str("a hello of version 0"),
            Self::Twice(tag) => write!(f, "a hello with the field {tag} twice"),
            Self::Contradiction => f.write_str("a second hello that says something else than the first"),
        }
    }
}

impl Error for HelloError {}

/// So many other names are known and in use that there is no room for one more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TooManyNames {
    pub(super) limit: usize,
}

impl fmt::Display for TooManyNames {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} actors or peers are in use, and no more can be set", self.limit)
    }
}

impl Error for TooManyNames {}

/// A message that came was not taken. Its sender must not be told that it was.
#[derive(Debug)]
pub struct ReceiveError {
    pub(super) actor: Box<str>,
    pub(super) peer: Box<str>,
    pub(super) codec: &'static str,
    /// None: it was bare, and refused.
    pub(super) source: Option<DecodeError>,
}

impl ReceiveError {
    /// Whether it could be read but was bare, where [`Phase::Require`](super::Phase::Require) holds.
    pub fn is_refused(&self) -> bool {
        self.source.is_none()
    }

    /// The actor that it was for.
    pub fn actor(&self) -> &str {
        &self.actor
    }

    /// The peer that it came from.
    pub fn peer(&self) -> &str {
        &self.peer
    }

    /// The name of the codec.
    pub fn codec(&self) -> &'static str {
        self.codec
    }
}

impl fmt::Display for ReceiveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { actor, peer, codec, source } = self;
        match source {
            Some(error) => write!(f, "no message for `{actor}` from `{peer}`: {error}"),
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
