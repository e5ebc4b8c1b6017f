//! Messages whose `Serialize` and `Deserialize` are written by hand around a derived one.

use serde::de::{self, DeserializeOwned, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde::ser::{self, SerializeMap, Serializer};
use serde::{Deserialize, Serialize};
use traced_actor_wire::codec::{Cbor, FormatError, Json, MsgpackNamed};
use traced_actor_wire::{Codec, Sidecar};

use super::shapes::{assert_all_read, assert_refused};
use super::{check, check_all};
use crate::support::messages;

/// Written and read as an `M`, with errors of its own, as a trait object of `erased_serde` is.
#[derive(Debug, Clone, PartialEq)]
struct Wrapped<M>(M);

impl<M: Serialize> Serialize for Wrapped<M> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer).map_err(|error| ser::Error::custom(format!("cannot be sent: {error}")))
    }
}

impl<'de, M: Deserialize<'de>> Deserialize<'de> for Wrapped<M> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let read = M::deserialize(deserializer);
        read.map(Self).map_err(|error| de::Error::custom(format!("cannot be received: {error}")))
    }
}

#[test]
fn a_type_with_errors_of_its_own_is_what_it_is_written_as() {
    let [json, postcard, sidecar, frame] =
        check_all(&messages().into_iter().map(Wrapped).collect::<Vec<_>>());
    assert_all_read(json);
    assert_all_read(postcard);
    assert_refused(sidecar);
    assert_all_read(frame);

    #[derive(Serialize, Deserialize, Debug, Clone, PartialEq)]
    struct Reading {
        device: u64,
    }
    let [json, postcard, sidecar, frame] = check_all(&[Wrapped(Reading { device: 127 })]);
    assert_refused(json);
    assert_refused(postcard);
    assert_all_read(sidecar);
    assert_all_read(frame);
}

/// JSON whose keys were sorted on the way, so that the sidecar's is not the first.
struct Sorted;

impl Codec for Sorted {
    type Error = serde_json::Error;

    const NAME: &'static str = "JSON by values";
    const NAMED: bool = true;
    const SELF_DESCRIBING: bool = true;

    fn write<T: Serialize + ?Sized>(&self, value: &T) -> Result<Vec<u8>, FormatError> {
        Ok(serde_json::to_vec(&serde_json::to_value(value)?)?)
    }

    fn read<T: DeserializeOwned>(&self, bytes: &[u8]) -> Result<T, Self::Error> {
        serde_json::from_value(serde_json::from_slice(bytes)?)
    }
}

/// Reads one entry and no more, as `typetag` does.
#[derive(Debug, Clone, PartialEq)]
struct OneEntry<const NAME: char>(u64);

impl<const NAME: char> Serialize for OneEntry<NAME> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(1))?;
        map.serialize_entry(&NAME, &self.0)?;
        map.end()
    }
}

impl<'de, const NAME: char> Deserialize<'de> for OneEntry<NAME> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OneVisitor<const NAME: char>;
        impl<'de, const NAME: char> Visitor<'de> for OneVisitor<NAME> {
            type Value = OneEntry<NAME>;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a map of one entry")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                match map.next_entry::<char, u64>()? {
                    Some((name, value)) if name == NAME => Ok(OneEntry(value)),
                    _ => Err(de::Error::custom("another entry")),
                }
            }
        }
        deserializer.deserialize_map(OneVisitor)
    }
}

/// `A` sorts before the sidecar's key, and `z` behind it.
#[test]
fn a_reader_that_stops_before_the_key_of_the_sidecar_gets_its_context() {
    fn each<C: Codec>(codec: &C) {
        assert_all_read(check(codec, "a sidecar", &[OneEntry::<'A'>(1), OneEntry(127)]));
        assert_all_read(check(codec, "a sidecar", &[OneEntry::<'z'>(1), OneEntry(127)]));
    }
    each(&Sidecar::new(Json));
    each(&Sidecar::new(Sorted));
    each(&Sidecar::new(Cbor));
    each(&Sidecar::new(MsgpackNamed));

    let parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    for text in [
        format!(r#"{{"A":1,"__traced":"{parent}"}}"#),
        format!(r#"{{"__traced":"{parent}","A":1}}"#),
        format!(" {{ \"A\" : 1 , \"__traced\" : \"{parent}\" }} "),
    ] {
        let read = Sidecar::new(Json).decode::<OneEntry<'A'>>(text.as_bytes());
        let read = read.unwrap_or_else(|error| panic!("{text}: {error}"));
        assert!(read.message().0 == 1 && read.context().is_some(), "{text}");
    }
    // Another entry is still one too many.
    for text in [
        format!(r#"{{"A":1,"B":2,"__traced":"{parent}"}}"#),
        format!(r#"{{"A":1,"__traced":"{parent}","B":2}}"#),
        format!(r#"{{"A":1,"__traced":"{parent}""#),
        r#"{"A":1,"B":"__traced"}"#.to_owned(),
    ] {
        assert!(Json.read::<OneEntry<'A'>>(text.as_bytes()).is_err());
        assert!(Sidecar::new(Json).decode::<OneEntry<'A'>>(text.as_bytes()).is_err(), "{text}");
    }
    // A reader that skips the rest is none of this kind.
    assert!(Sidecar::new(Json).decode::<IgnoredMap>(br#"{"B":2,"__traced":""}"#).is_ok());
}

#[derive(Debug)]
struct IgnoredMap;

impl Serialize for IgnoredMap {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_map(Some(0))?.end()
    }
}

impl<'de> Deserialize<'de> for IgnoredMap {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Ignore;
        impl<'de> Visitor<'de> for Ignore {
            type Value = IgnoredMap;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a map")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<IgnoredMap, A::Error> {
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(IgnoredMap)
            }
        }
        deserializer.deserialize_map(Ignore)
    }
}
