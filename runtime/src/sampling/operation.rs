//! What a sampler is shown, and what it answers.

use crate::context::{State, TraceId};

use super::notes::Notes;
use super::{Kind, Note, Ratio, randomness};

/// One kind of work that can be sampled, at the moment of the decision.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Operation<'a> {
    /// The actor's name, or the message type's where no actor is known.
    pub actor: &'a str,
    /// The message kind.
    pub kind: &'static Kind,
    /// What came with the message.
    pub parent: State<'a>,
    /// Whether the sender is in another process: of an unsampled message this is known where
    /// it came from there straight to this receiver.
    pub remote: bool,
    /// The number of messages that handling this one will send (`#[traced(fanout = …)]`).
    pub fanout: Option<u64>,
    /// What the message is about (`#[traced(key = …)]`).
    pub key: Option<Key<'a>>,
    /// The trace: the parent's, or the one that a new root gets. Its right-most 56 bits are the randomness
    /// of consistent probability sampling.
    pub trace_id: TraceId,
    /// The `tracestate` of a trace that came without a decision; that of a sampled parent is in `parent`.
    pub tracestate: Option<&'a str>,
    /// Where attributes for the span are noted, if there will be one.
    pub(crate) notes: Option<&'a Notes>,
}

impl<'a> Operation<'a> {
    /// An operation of a new root, with nothing known but its names and its trace id.
    pub fn root(actor: &'a str, kind: &'static Kind, trace_id: TraceId) -> Self {
        Self {
            actor,
            kind,
            parent: State::Absent,
            remote: false,
            fanout: None,
            key: None,
            trace_id,
            tracestate: None,
            notes: None,
        }
    }

    /// This operation about that.
    #[must_use]
    pub const fn with_key(mut self, key: Key<'a>) -> Self {
        self.key = Some(key);
        self
    }

    /// This operation with the `tracestate` that came.
    #[must_use]
    pub const fn with_tracestate(mut self, tracestate: Option<&'a str>) -> Self {
        self.tracestate = tracestate;
        self
    }

    /// This operation, with a place for the attributes that its sampler adds.
    #[must_use]
    pub const fn with_notes(mut self, notes: &'a Notes) -> Self {
        self.notes = Some(notes);
        self
    }

    /// The randomness by which every service that samples consistently decides about the trace: 56 bits, those of
    /// `ot=rv:…` in the `tracestate` where it has them, else the right-most ones of the trace id.
    #[inline]
    pub fn randomness(&self) -> u64 {
        let tracestate = match self.parent {
            State::Sampled(parent) => parent.tracestate.as_deref(),
            State::Absent | State::Unsampled => self.tracestate,
        };
        tracestate.and_then(randomness::explicit).unwrap_or(randomness::of_trace(self.trace_id))
    }

    /// The trace id's randomness decided, and keeps so much.
    #[inline]
    pub(super) fn decided_by_randomness(&self, probability: f64) {
        if let Some(notes) = self.notes {
            notes.set_consistent(probability);
        }
    }

    /// Adds an attribute to the span, if the operation is kept. A name that is noted again has the last value;
    /// there is room for four. No allocation.
    pub fn note(&self, name: &'static str, note: Note) {
        if let Some(notes) = self.notes {
            notes.add(name, note);
        }
    }
}

/// What a message is about: a user, a tenant, a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Key<'a> {
    /// A number.
    Int(u64),
    /// A text.
    Str(&'a str),
}

/// The answer of a [`Sampler`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Decision {
    /// No span, and no receiver further on decides again.
    Drop {
        /// Why, for the counters; a short static word like `ratio`.
        reason: &'static str,
    },
    /// A span.
    Keep {
        /// The probability with which such an operation is kept, in `(0, 1]`; `None` if it is not known.
        probability: Option<f64>,
        /// Why, for the counters and the span attribute `sampling.reason`.
        reason: &'static str,
    },
}

impl Decision {
    /// This share of what the decision keeps, with its probability: a governor's part. `random` is a random number in
    /// `[0, 1)`. What has no probability stays, for no estimate counts it; what is dropped is dropped for the reason
    /// `governor`.
    #[must_use]
    pub fn thinned(self, share: f64, random: f64) -> Self {
        match self {
            Self::Keep { probability: Some(probability), reason } if random < share => {
                Self::Keep { probability: Some(probability * share.min(1.0)), reason }
            }
            Self::Keep { probability: Some(_), .. } => Self::Drop { reason: "governor" },
            other => other,
        }
    }
}

/// Decides whether an operation starts, continues or drops a trace.
///
/// A function `fn(&Operation<'_>) -> Decision` is a sampler.
///
/// Cost: called once for every message that might start a trace, unless [`ratio_of_roots`](Self::ratio_of_roots) says
/// how many are kept; keep it free of locks and allocations.
///
/// ```
/// use traced_actor::sampling::{Decision, Operation, Sampler};
///
/// fn only_posts(operation: &Operation<'_>) -> Decision {
///     match operation.kind.name() {
///         "Post" => Decision::Keep { probability: Some(1.0), reason: "post" },
///         _ => Decision::Drop { reason: "not_a_post" },
///     }
/// }
/// # fn assert_sampler(_: impl Sampler) {}
/// # assert_sampler(only_posts);
/// ```
pub trait Sampler: Send + Sync {
    /// The decision for this operation.
    fn sample(&self, operation: &Operation<'_>) -> Decision;

    /// Whether it is also asked about messages whose sender has decided already.
    ///
    /// The default, `false`, continues what is sampled and leaves alone what is not, at no cost. Nobody is asked below
    /// a recipient that a fan-out did not choose; and what is kept though its sender decided not to has no known
    /// probability, because those that the sender kept stand for it.
    fn asks_everyone(&self) -> bool {
        false
    }

    /// The ratio by which it decides about every root, if it does: by the trace id alone, and for the reason `ratio`.
    ///
    /// As the process-wide sampler it is then asked only about the roots that it keeps. How many are dropped before the
    /// next is drawn at once, so that a dropped root costs a few nanoseconds and no random number.
    fn ratio_of_roots(&self) -> Option<Ratio> {
        None
    }
}

impl<F> Sampler for F
where
    F: Fn(&Operation<'_>) -> Decision + Send + Sync,
{
    fn sample(&self, operation: &Operation<'_>) -> Decision {
        self(operation)
    }
}

macro_rules! int_key {
    ($($int:ty)*) => {$(
        impl From<&$int> for Key<'_> {
            fn from(value: &$int) -> Self {
                Key::Int(u64::from(*value))
            }
        }
    )*};
}

int_key!(u8 u16 u32 u64 bool);

impl From<&i64> for Key<'_> {
    fn from(value: &i64) -> Self {
        Key::Int(value.cast_unsigned())
    }
}

impl From<&usize> for Key<'_> {
    fn from(value: &usize) -> Self {
        Key::Int(*value as u64)
    }
}

impl<'a> From<&'a str> for Key<'a> {
    fn from(value: &'a str) -> Self {
        Key::Str(value)
    }
}

impl<'a> From<&'a &str> for Key<'a> {
    fn from(value: &'a &str) -> Self {
        Key::Str(value)
    }
}

impl<'a> From<&'a String> for Key<'a> {
    fn from(value: &'a String) -> Self {
        Key::Str(value)
    }
}
