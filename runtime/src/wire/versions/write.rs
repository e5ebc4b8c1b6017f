//! Writes a message with its fixed number, or in a shape that an older peer knows.

use serde::de::{Deserialize, Deserializer, Error as _};
use serde::ser::{Serialize, Serializer};

use super::older::Older;
use super::table::{CurrentVariant, RetiredVariant, Schema, check};
use super::{Downgrade, schema, tally};
use crate::wire::variants::{Naming, Variants};

/// Serializes an enum with fixed numbers or retired shapes.
///
/// # Errors
///
/// Returns the errors of the format.
pub fn serialize<M: Downgrade, S: Serializer>(message: &M, serializer: S) -> Result<S::Ok, S::Error> {
    const { check(M::NAMES, M::CURRENT, M::RETIRED) }
    message.serialize_current(Variants { serializer, naming: Pinned::new::<M>(schema::<M>()) })
}

/// A message that is written for a peer of a given schema.
///
/// If the peer knows the variant, the message is written unchanged. Otherwise it is written in a retired shape with a
/// `downgrade`.
///
/// It is written like any message, with or without an envelope:
///
/// ```text
/// let bytes = Postcard.encode(&envelope.at_schema(0), encoding)?;
/// ```
///
/// # Errors
///
/// Writing fails with the variant's name if the peer knows neither the variant nor such a shape. Nothing is dropped
/// silently, and nothing is sent that the peer would misread.
#[derive(Debug, Clone, Copy)]
pub struct AtSchema<'a, M> {
    message: &'a M,
    schema: Schema,
}

impl<'a, M: Downgrade> AtSchema<'a, M> {
    /// Creates a message for a peer of this schema.
    pub const fn new(message: &'a M, schema: Schema) -> Self {
        Self { message, schema }
    }
}

impl<M> crate::Envelope<M> {
    /// Returns an envelope for a peer of this schema, with the same context.
    pub fn at_schema(&self, schema: Schema) -> crate::Envelope<AtSchema<'_, M>>
    where
        M: Downgrade,
    {
        crate::Envelope::new(AtSchema::new(self.message(), schema), self.message_context().clone())
    }
}

impl<M: Downgrade> Serialize for AtSchema<'_, M> {
    fn serialize<S: Serializer>(&self, mut serializer: S) -> Result<S::Ok, S::Error> {
        const { check(M::NAMES, M::CURRENT, M::RETIRED) }
        let known = |retired: &RetiredVariant| (retired.since..retired.until).contains(&self.schema);
        for (place, retired) in M::RETIRED.iter().enumerate().filter(|(_, retired)| known(retired)) {
            match self.message.downgrade(place, Older::new(serializer, M::NAME, *retired)).0 {
                Ok(written) => {
                    tally::count();
                    return written;
                }
                Err(unused) => serializer = unused,
            }
        }
        self.message.serialize_current(Variants { serializer, naming: Pinned::new::<M>(self.schema) })
    }
}

/// Asks for what an `M` asks for, so that a codec can see how it is read.
///
/// It never returns a value, since a message is read as an `M`.
impl<'de, M: Deserialize<'de>> Deserialize<'de> for AtSchema<'_, M> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        M::deserialize(deserializer)?;
        Err(D::Error::custom("a message for an older peer is only written: read it as the message itself"))
    }
}

/// Uses the numbers of the current variants for a peer with this schema. The names are serde's.
#[derive(Clone, Copy)]
struct Pinned {
    of: &'static str,
    today: &'static [CurrentVariant],
    schema: Schema,
}

impl Pinned {
    fn new<M: Downgrade>(schema: Schema) -> Self {
        Self { of: M::NAME, today: M::CURRENT, schema }
    }
}

impl Naming for Pinned {
    fn name(self, place: u32, name: &'static str) -> Result<(u32, &'static str), impl std::fmt::Display> {
        let Self { of, today, schema } = self;
        let Some((variant, index)) =
            today.get(place as usize).and_then(|variant| Some((variant, variant.index?)))
        else {
            return Err(format!("variant `{name}` of {of} has no number on the wire"));
        };
        if variant.since > schema {
            return Err(format!(
                "variant `{name}` of {of} came with schema {}: the peer has schema {schema} and does not know it, \
                 and no `downgrade` writes it in an older shape",
                variant.since
            ));
        }
        Ok((index, name))
    }
}
