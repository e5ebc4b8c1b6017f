//! A self-check for the user's tests: messages that are written in this mode can be read.

use std::error::Error;
use std::fmt;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::codec::FormatError;
use super::{Codec, Encoding};
use traced_actor::Envelope;
use traced_actor::context::{
    ContextState, MessageContext, SampledContext, SpanId, TraceContext, TraceFlags, TraceId,
};

/// Checks that these messages have a place for a context in this mode, and are read back unchanged.
///
/// Each message is written bare and in envelopes with contexts of every size, and read again. Call it in a test, with
/// one message of each kind:
///
/// ```
/// # #[cfg(feature = "json")] {
/// use traced_actor_wire::{Prefixed, codec::Json, probe};
///
/// #[derive(Debug, PartialEq, serde::Serialize, serde::Deserialize)]
/// enum Event {
///     Paid { cents: u32 },
///     #[serde(untagged)]
///     Unknown(String),
/// }
///
/// let events = [Event::Paid { cents: 5 }, Event::Unknown("refund".into())];
/// assert!(probe(&Json, &events).is_err(), "an untagged variant mistakes an envelope for a message");
/// probe(&Prefixed::new(Json), &events).unwrap();
/// # }
/// ```
///
/// # Errors
///
/// Returns an error for the first message that is rejected, lost or mistaken for another; see [`ProbeError::kind`].
pub fn probe<M, C>(codec: &C, messages: &[M]) -> Result<(), ProbeError>
where
    M: Serialize + DeserializeOwned + PartialEq,
    C: Codec,
{
    for (position, message) in messages.iter().enumerate() {
        let failed = |kind, source: Option<FormatError>| {
            let message = std::any::type_name::<M>();
            ProbeError { message, codec: C::NAME, position, kind, source }
        };
        let plain = codec.write(message).map_err(|error| failed(ProbeErrorKind::Refused, Some(error)))?;
        // A message need not be `Clone`, because its own bytes serve as a copy.
        let copy =
            || codec.read::<M>(&plain).map_err(|error| failed(ProbeErrorKind::Lost, Some(error.into())));
        if copy()? != *message {
            return Err(failed(ProbeErrorKind::Mistaken, None));
        }
        for context in contexts() {
            let envelope = Envelope::new(copy()?, context);
            let bytes = codec
                .encode(&envelope, Encoding::Envelope)
                .map_err(|error| failed(ProbeErrorKind::Refused, Some(error.into())))?;
            if envelope.message_context().is_absent() && bytes != plain {
                return Err(failed(ProbeErrorKind::BareBytesChanged, None));
            }
            let read: Envelope<M> =
                codec.decode(&bytes).map_err(|error| failed(ProbeErrorKind::Lost, Some(error.into())))?;
            if read.message() != message {
                return Err(failed(ProbeErrorKind::Mistaken, None));
            }
            match (read.state(), envelope.state()) {
                (ContextState::Absent, ContextState::Absent)
                | (ContextState::Unsampled, ContextState::Unsampled) => {}
                (ContextState::Sampled(read), ContextState::Sampled(sent)) if is_same(read, sent) => {}
                (ContextState::Absent, _) if bytes == plain => {
                    return Err(failed(ProbeErrorKind::NoPlace, None));
                }
                _ => return Err(failed(ProbeErrorKind::ContextChanged, None)),
            }
        }
    }
    Ok(())
}

/// Returns contexts in all states: absent, unsampled, and sampled with the least and the most data.
fn contexts() -> [MessageContext; 4] {
    let (Some(trace_id), Some(span_id)) = (TraceId::new(0x7f7f), SpanId::new(0x7f)) else {
        return [const { MessageContext::ABSENT }; 4];
    };
    let least = SampledContext::new(TraceContext::new(trace_id, span_id, TraceFlags::SAMPLED));
    let mut most = least.clone();
    most.probability = Some(0.125);
    most.hops = 3;
    most.tracestate = Some("vendor=\"__traced\"".into());
    most.baggage = Some(format!("k={}", "x".repeat(8000)).into());
    [MessageContext::ABSENT, MessageContext::UNSAMPLED, least.into(), most.into()]
}

fn is_same(read: &SampledContext, sent: &SampledContext) -> bool {
    (read.context, &read.tracestate, &read.baggage, read.probability, read.hops)
        == (sent.context, &sent.tracestate, &sent.baggage, sent.probability, sent.hops)
}

/// The error for a message that does not work in this mode.
#[derive(Debug)]
pub struct ProbeError {
    message: &'static str,
    codec: &'static str,
    position: usize,
    kind: ProbeErrorKind,
    source: Option<FormatError>,
}

/// The reason of a [`ProbeError`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ProbeErrorKind {
    /// The message was rejected when it was written. The error names the mode that works.
    Refused,
    /// The message was written and could not be read.
    Lost,
    /// The message was written and read as a different message.
    Mistaken,
    /// The bytes without a context differ from those that the format alone writes.
    BareBytesChanged,
    /// The message was sent without its context, because its shape has no place for one.
    NoPlace,
    /// The message was read with a different context.
    ContextChanged,
}

impl ProbeError {
    /// Returns the reason.
    pub const fn kind(&self) -> ProbeErrorKind {
        self.kind
    }

    /// Returns the index of the message in the slice that was passed to [`probe`].
    pub const fn position(&self) -> usize {
        self.position
    }
}

impl fmt::Display for ProbeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { message, codec, position, kind, source } = self;
        let what = match kind {
            ProbeErrorKind::Refused => "was refused when it was written",
            ProbeErrorKind::Lost => "was written and cannot be read",
            ProbeErrorKind::Mistaken => "was written and read as a different message",
            ProbeErrorKind::BareBytesChanged => "has different bytes than the format alone writes",
            ProbeErrorKind::NoPlace => "was sent without its context, because its shape has no place for one",
            ProbeErrorKind::ContextChanged => "was read with a different context",
        };
        write!(f, "message {position}, a `{message}` in {codec}, {what}")?;
        if let Some(source) = source {
            write!(f, ": {source}")?;
        }
        match kind {
            ProbeErrorKind::Refused => Ok(()),
            _ => f.write_str(". Use `Prefixed`, or send the context in `headers`"),
        }
    }
}

impl Error for ProbeError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}
