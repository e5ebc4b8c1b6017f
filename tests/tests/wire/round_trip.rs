//! A message that is written can be read, or is refused when it is written; there is no third outcome.
//!
//! Message types are generated: shapes of serde's attributes and of `Serialize` and `Deserialize` by hand, alone and
//! within wrappers that change what is asked for, in every format and every mode. For each message and each context, a bare
//! message has the bytes that it always had and comes back, and an envelope comes back with its context, or is an error
//! that names the type and a mode that works. What a format cannot hold, with this crate or without, is left out.

mod by_hand;
mod neighbours;
mod shapes;
mod special;
mod within;

use serde::Serialize;
use serde::de::DeserializeOwned;
use traced_actor::Envelope;
use traced_actor::context::{ContextState, MessageContext};
use traced_actor_wire::codec::{Bincode, Bincode1, Cbor, FormatError, Json, Msgpack, MsgpackNamed, Postcard};
use traced_actor_wire::{Codec, Encoding, Prefixed, Sidecar};

use crate::support::{Shape, Slow, assert_arrived, decided, enveloped, full_context};

/// RON writes newtypes, structs and variants by name: a text format of another kind than JSON.
#[derive(Debug, Clone, Copy)]
struct Ron;

impl Codec for Ron {
    type Error = ron::error::SpannedError;

    const NAME: &'static str = "RON";
    const NAMED: bool = true;
    /// A reader has to know where a name comes next, and where a newtype: it cannot ask for whatever there is.
    const SELF_DESCRIBING: bool = false;

    fn write<T: Serialize + ?Sized>(&self, value: &T) -> Result<Vec<u8>, FormatError> {
        Ok(ron::to_string(value)?.into_bytes())
    }

    fn read<T: DeserializeOwned>(&self, bytes: &[u8]) -> Result<T, Self::Error> {
        ron::de::from_bytes(bytes)
    }
}

/// The results for a type's messages in a mode.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Seen {
    /// Messages that the format can hold.
    held: usize,
    /// Envelopes that came back, and those that were refused.
    read: usize,
    refused: usize,
}

/// Every state but absent, with carriers of every size that a context may have.
fn contexts() -> Vec<MessageContext> {
    let mut largest = full_context();
    largest.baggage = Some(format!("k={}", "x".repeat(8190)).into());
    largest.tracestate =
        Some((0..8).map(|i| format!("k{i}={}", "v".repeat(120))).collect::<Vec<_>>().join(",").into());
    let mut all = decided();
    all.push(largest.into());
    all
}

fn check<M: Shape, C: Codec>(codec: &C, mode: &str, messages: &[M]) -> Seen {
    let mut seen = Seen::default();
    for message in messages {
        let what = || format!("{} as {} in {mode}: {message:?}", std::any::type_name::<M>(), C::NAME);
        let Ok(plain) = codec.write(message) else { continue };
        if codec.read::<M>(&plain).ok().as_ref() != Some(message) {
            continue;
        }
        seen.held += 1;

        match codec.encode(&Envelope::bare(message.clone()), Encoding::Envelope) {
            Ok(bytes) => {
                assert_eq!(bytes, plain, "{}", what());
                let read: Envelope<M> =
                    codec.decode(&bytes).unwrap_or_else(|error| panic!("{}: {error}", what()));
                assert_eq!((read.message(), read.state()), (message, ContextState::Absent), "{}", what());
            }
            Err(error) => assert!(error.to_string().contains("itself"), "bare: {}: {error}", what()),
        }

        for carried in contexts() {
            let bytes = match codec.encode(&enveloped(message, &carried), Encoding::Envelope) {
                Ok(bytes) => bytes,
                Err(error) => {
                    seen.refused += 1;
                    let text = error.to_string();
                    assert!(
                        text.contains(std::any::type_name::<M>())
                            && (text.contains("headers") || text.contains("use the codec as it is")),
                        "{}: {text}",
                        what()
                    );
                    continue;
                }
            };
            let read: Envelope<M> = codec
                .decode(&bytes)
                .unwrap_or_else(|error| panic!("{} {}: {error}", what(), String::from_utf8_lossy(&bytes)));
            assert_eq!(read.message(), message, "{}", what());
            if bytes == plain {
                assert_eq!(read.state(), ContextState::Absent, "{}", what());
            } else {
                assert_arrived(&carried, read.state());
                seen.read += 1;
            }
        }
    }
    seen
}

/// In every format and mode. Returns what was seen of the variant mode in JSON and postcard, of a sidecar in JSON, and of
/// a frame in JSON.
fn check_all<M: Shape>(messages: &[M]) -> [Seen; 4] {
    let json = check(&Json, "a variant", messages);
    let postcard = check(&Postcard, "a variant", messages);
    check(&Slow(Json), "a variant, through the hook", messages);
    check(&Slow(Cbor), "a variant, through the hook", messages);
    check(&Slow(Postcard), "a variant, through the hook", messages);
    check(&Bincode::new(), "a variant", messages);
    check(&Bincode1, "a variant", messages);
    check(&Msgpack, "a variant", messages);
    check(&Slow(MsgpackNamed), "a variant", messages);
    check(&Cbor, "a variant", messages);
    check(&Ron, "a variant", messages);

    let sidecar = check(&Sidecar::new(Json), "a sidecar", messages);
    check(&Sidecar::new(MsgpackNamed), "a sidecar", messages);
    check(&Sidecar::new(Cbor), "a sidecar", messages);

    let frame = check(&Prefixed::new(Json), "a frame", messages);
    check(&Prefixed::new(Msgpack), "a frame", messages);
    check(&Prefixed::new(Cbor), "a frame", messages);
    [json, postcard, sidecar, frame]
}

/// In one format of each kind, and every mode.
fn check_some<M: Shape>(messages: &[M]) -> [Seen; 4] {
    check(&Slow(Cbor), "a variant, through the hook", messages);
    check(&Ron, "a variant", messages);
    [
        check(&Json, "a variant", messages),
        check(&Postcard, "a variant", messages),
        check(&Sidecar::new(Json), "a sidecar", messages),
        check(&Prefixed::new(Json), "a frame", messages),
    ]
}

/// In the modes in which keys matter.
fn check_keys<M: Shape>(messages: &[M]) -> [Seen; 4] {
    check(&Sidecar::new(MsgpackNamed), "a sidecar", messages);
    check(&Sidecar::new(Cbor), "a sidecar", messages);
    [
        check(&Json, "a variant", messages),
        check(&Postcard, "a variant", messages),
        check(&Sidecar::new(Json), "a sidecar", messages),
        check(&Prefixed::new(Cbor), "a frame", messages),
    ]
}

/// Alone in everything, and within what stands around a message.
fn check_wrapped<M: Shape>(messages: &[M]) -> [Seen; 4] {
    use shapes::wrappers::*;
    fn each<M: Shape, W: Shape>(messages: &[M], wrap: impl Fn(M) -> W) {
        check_some(&messages.iter().cloned().map(wrap).collect::<Vec<W>>());
    }
    each(messages, Newtype);
    each(messages, |message| Newtype(Newtype(message)));
    each(messages, |message| Transparent { message });
    each(messages, Some);
    each(messages, Ok::<M, u8>);
    each(messages, |message| Err::<u8, M>(message));
    each(messages, |message| (message, 7_u8));
    each(messages, |message| Flat { id: 127, message });
    each(messages, |message| InVariant::Struct { message });
    each(messages, Untagged::Message);
    each(messages, Adjacent::Message);
    each(messages, |message| Internal::Message { message });
    each(messages, |message| Newtype(Some(message)));
    each(messages, Converted);
    check_all(messages)
}
