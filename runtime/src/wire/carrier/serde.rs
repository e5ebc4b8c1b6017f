//! The carrier in serde's data model: a byte string, or in text formats a string or a small map.

use std::fmt;

use serde::de::{
    self, Deserialize, DeserializeSeed, Deserializer, EnumAccess, IgnoredAny, MapAccess, SeqAccess,
    VariantAccess, Visitor,
};
use serde::ser::{Serialize, SerializeMap, Serializer};

use super::{MAX_BAGGAGE, MAX_TRACESTATE, binary, or_absent, text};
use crate::context::{ContextState, MessageContext};
use crate::w3c::{traceparent, tracestate};
use crate::wire::Malformed;
use crate::wire::counters::count_malformed;

const BAGGAGE: &str = "baggage";

/// Serializes a context, sampled or unsampled.
#[derive(Debug, Clone, Copy)]
pub struct WriteContext<'a>(pub &'a MessageContext);

impl Serialize for WriteContext<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let sampled = if let ContextState::Sampled(context) = self.0.state() { Some(context) } else { None };
        match (sampled, serializer.is_human_readable()) {
            (None, true) => serializer.serialize_str(text::unsampled(self.0)),
            (_, false) => serializer.serialize_bytes(&binary::write(self.0)),
            (Some(context), true) => {
                let traceparent = traceparent::write(&context.context);
                let (state, baggage) = (text::tracestate(context), text::baggage(context));
                if state.is_none() && baggage.is_none() {
                    return serializer.serialize_str(traceparent.as_str());
                }
                let entries = 1 + usize::from(state.is_some()) + usize::from(baggage.is_some());
                let mut map = serializer.serialize_map(Some(entries))?;
                map.serialize_entry(traceparent::HEADER, traceparent.as_str())?;
                if let Some(state) = state {
                    map.serialize_entry(tracestate::HEADER, &*state)?;
                }
                if let Some(baggage) = baggage {
                    map.serialize_entry(BAGGAGE, baggage)?;
                }
                map.end()
            }
        }
    }
}

/// Deserializes a context. A malformed context is not an error if the format can continue after it.
#[derive(Debug)]
pub struct ReadContext(pub MessageContext);

/// Deserializes a context in a given kind of format.
pub(in crate::wire) struct ReadContextSeed {
    /// Whether the format describes its own types. Then any value can be skipped, and a context of any size can be
    /// read.
    pub(in crate::wire) self_describing: bool,
}

impl<'de> DeserializeSeed<'de> for ReadContextSeed {
    type Value = ReadContext;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<ReadContext, D::Error> {
        let visitor =
            ArrivedVisitor { text: deserializer.is_human_readable(), positional: !self.self_describing };
        let context = if self.self_describing || visitor.text {
            deserializer.deserialize_any(visitor)
        } else {
            deserializer.deserialize_bytes(visitor)
        };
        context.map(ReadContext)
    }
}

/// Deserializes a context from a self-describing format.
impl<'de> Deserialize<'de> for ReadContext {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        ReadContextSeed { self_describing: true }.deserialize(deserializer)
    }
}

fn wrong_type() -> MessageContext {
    or_absent(text::FORM, Err(Malformed::Type))
}

/// Visits values of no use, grouped by how they are skipped.
macro_rules! ignored {
    ($value:expr => $($group:ident)*) => {$( ignored!(@$group $value); )*};
    (@integers $value:expr) => {
        ignored!(@each $value => visit_i64(i64) visit_u64(u64));
    };
    (@others $value:expr) => {
        ignored!(@each $value => visit_bool(bool) visit_i128(i128) visit_u128(u128) visit_f64(f64) visit_unit() visit_none());

        fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
            IgnoredAny::deserialize(deserializer).map(|IgnoredAny| $value)
        }

        /// Visits `MessagePack`'s extensions.
        fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
            IgnoredAny::deserialize(deserializer).map(|IgnoredAny| $value)
        }

        /// Visits CBOR's tags.
        fn visit_enum<A: EnumAccess<'de>>(self, access: A) -> Result<Self::Value, A::Error> {
            let (IgnoredAny, content) = access.variant()?;
            content.newtype_variant().map(|IgnoredAny| $value)
        }
    };
    (@containers $value:expr) => {
        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            while let Some((IgnoredAny, IgnoredAny)) = map.next_entry()? {}
            Ok($value)
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
            while let Some(IgnoredAny) = seq.next_element()? {}
            Ok($value)
        }
    };
    (@each $value:expr => $($method:ident($($type:ty)?))*) => {$(
        fn $method<E>(self $(, _: $type)?) -> Result<Self::Value, E> {
            Ok($value)
        }
    )*};
}

struct ArrivedVisitor {
    text: bool,
    /// Whether the elements of a sequence are certainly bytes.
    positional: bool,
}

impl<'de> Visitor<'de> for ArrivedVisitor {
    type Value = MessageContext;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a trace context")
    }

    fn visit_bytes<E: de::Error>(self, bytes: &[u8]) -> Result<MessageContext, E> {
        Ok(binary::read(bytes))
    }

    fn visit_str<E: de::Error>(self, traceparent: &str) -> Result<MessageContext, E> {
        Ok(or_absent(text::FORM, text::read(traceparent, None, None)))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<MessageContext, A::Error> {
        let (mut parent, mut state, mut baggage) = (None, None, None);
        while let Some(entry) = map.next_entry()? {
            let (Loose::Text(key), Loose::Text(value)) = entry else { continue };
            match &*key {
                traceparent::HEADER => parent = Some(value),
                tracestate::HEADER => state = Some(value),
                BAGGAGE => baggage = Some(value),
                _ => {}
            }
        }
        let read = match &parent {
            Some(parent) => text::read(parent, state.as_deref(), baggage.as_deref()),
            None => Err(Malformed::Type),
        };
        Ok(or_absent(text::FORM, read))
    }

    /// Visits a sequence of numbers, which some binary formats write because they have no byte strings.
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<MessageContext, A::Error> {
        const MAX: usize = binary::FIXED + MAX_TRACESTATE + MAX_BAGGAGE + 64;
        let mut bytes = Vec::new();
        let mut all_bytes = !self.text;
        loop {
            let byte = if self.positional {
                seq.next_element::<u8>()?.map(Some)
            } else {
                seq.next_element()?.map(|part| if let Loose::Byte(byte) = part { Some(byte) } else { None })
            };
            match byte {
                None => break,
                Some(None) => all_bytes = false,
                Some(Some(byte)) => bytes.extend(Some(byte).filter(|_| bytes.len() < MAX)),
            }
        }
        if all_bytes { self.visit_bytes(&bytes) } else { Ok(wrong_type()) }
    }

    ignored!(wrong_type() => integers others);
}

/// A part of a context of any type: a text short enough to be copied, a byte, or anything else.
enum Loose {
    Text(String),
    Byte(u8),
    Other,
}

impl<'de> Deserialize<'de> for Loose {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(LooseVisitor)
    }
}

struct LooseVisitor;

impl<'de> Visitor<'de> for LooseVisitor {
    type Value = Loose;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("anything")
    }

    fn visit_str<E>(self, text: &str) -> Result<Loose, E> {
        if text.len() > MAX_BAGGAGE {
            count_malformed(text::FORM, Malformed::Extra);
            return Ok(Loose::Other);
        }
        Ok(Loose::Text(text.to_owned()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Loose, E> {
        Ok(u8::try_from(number).map_or(Loose::Other, Loose::Byte))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Loose, E> {
        Ok(u8::try_from(number).map_or(Loose::Other, Loose::Byte))
    }

    ignored!(@each Loose::Other => visit_bytes(&[u8]));
    ignored!(Loose::Other => others containers);
}
