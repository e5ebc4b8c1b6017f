//! A deserializer that extracts the sidecar's key from a message that is a map, wherever the key is.

use std::fmt;

use serde::de::{
    self, Deserialize, DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, Visitor,
};

use traced_actor::context::MessageContext;
use traced_actor::wire::ReadContext;
use traced_actor::wire::groups::{forward_methods, forward_visits};
use traced_actor::wire::hook::with_reserved;

use super::key::{Key, KeySeed};
use crate::RESERVED_NAME;
use crate::counters::count_envelope;

/// Reads a message that may have a sidecar, and the sidecar's context. Without one, the context is absent.
///
/// # Errors
///
/// Returns the errors of `M` and of the format, and an error if the sidecar's key occurs twice.
pub fn read_sidecar<'de, M, D>(deserializer: D) -> Result<(M, MessageContext), D::Error>
where
    M: Deserialize<'de>,
    D: Deserializer<'de>,
{
    let mut found = None;
    let message = M::deserialize(MapHook { deserializer, found: &mut found })?;
    found.iter().for_each(count_envelope);
    Ok((message, found.unwrap_or_default()))
}

struct MapHook<'f, D> {
    deserializer: D,
    found: &'f mut Option<MessageContext>,
}

/// Implements methods by putting a hook around the visitor.
macro_rules! hook_methods {
    ($($method:ident($($argument:ident: $type:ty),*))*) => {$(
        #[inline]
        fn $method<V: Visitor<'de>>(self, $($argument: $type,)* visitor: V) -> Result<V::Value, D::Error> {
            self.deserializer.$method($($argument,)* Hooked { visitor, found: self.found })
        }
    )*};
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for MapHook<'_, D> {
    type Error = D::Error;

    fn is_human_readable(&self) -> bool {
        self.deserializer.is_human_readable()
    }

    hook_methods! {
        deserialize_any() deserialize_map() deserialize_newtype_struct(name: &'static str)
    }

    #[inline]
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        let hooked = Hooked { visitor, found: self.found };
        self.deserializer.deserialize_struct(name, with_reserved::<D>(fields), hooked)
    }

    forward_methods!(scalars containers enum);
}

/// A visitor, or an access to a map, with the hook around it.
struct Hooked<'f, V> {
    visitor: V,
    found: &'f mut Option<MessageContext>,
}

impl<'de, V: Visitor<'de>> Visitor<'de> for Hooked<'_, V> {
    type Value = V::Value;

    #[inline]
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<V::Value, A::Error> {
        let mut ended = false;
        let message =
            self.visitor.visit_map(HookedMap { map: &mut map, found: self.found, ended: &mut ended })?;
        if self.found.is_none() && !ended {
            // A reader by hand may stop behind its own keys, before the sidecar's.
            // A format that checks the end of a map reports what else is wrong.
            let _ =
                HookedMap { map: &mut map, found: self.found, ended: &mut ended }.next_key::<IgnoredAny>();
        }
        Ok(message)
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<V::Value, D::Error> {
        self.visitor.visit_newtype_struct(MapHook { deserializer, found: self.found })
    }

    forward_visits!(plain seq enum);
}

struct HookedMap<'a, A> {
    map: &'a mut A,
    found: &'a mut Option<MessageContext>,
    /// Whether the map has no more keys. Some formats must not be asked again.
    ended: &'a mut bool,
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for HookedMap<'_, A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, mut seed: K) -> Result<Option<K::Value>, A::Error> {
        loop {
            match self.map.next_key_seed(KeySeed(seed))? {
                None => {
                    *self.ended = true;
                    return Ok(None);
                }
                Some(Key::Message(key)) => return Ok(Some(key)),
                Some(Key::Sidecar(unused)) => seed = unused,
            }
            if self.found.is_some() {
                return Err(A::Error::duplicate_field(RESERVED_NAME));
            }
            let ReadContext(context) = self.map.next_value()?;
            *self.found = Some(context);
        }
    }

    #[inline]
    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, A::Error> {
        self.map.next_value_seed(seed)
    }
}
