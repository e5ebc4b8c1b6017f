//! The self-check finds what is refused, lost and mistaken, and what is fine.

use serde::de::{Deserializer, Error as _};
use serde::ser::Serializer;
use serde::{Deserialize, Serialize};
use traced_actor_wire::codec::{Json, Postcard};
use traced_actor_wire::{Codec, Prefixed, ProbeErrorKind, Sidecar, probe};

use crate::support::{messages, with_each_codec};

#[test]
fn an_enum_as_serde_derives_it_is_fine_in_every_format() {
    fn check<C: Codec>(codec: &C) {
        probe(codec, &messages()).unwrap();
    }
    with_each_codec!(check);
    probe(&Prefixed::new(Json), &messages()).unwrap();
}

#[test]
fn what_is_refused_says_which_mode_works() {
    #[derive(Serialize, Deserialize, PartialEq)]
    struct Reading {
        device: u64,
    }
    let readings = [Reading { device: 1 }];
    let error = probe(&Postcard, &readings).unwrap_err();
    assert_eq!((error.kind(), error.position()), (ProbeErrorKind::Refused, 0));
    let text = error.to_string();
    assert!(text.starts_with("message 0, a `wire::probe::"), "{text}");
    assert!(text.contains("Reading` in postcard, was refused when it was written: "), "{text}");
    assert!(text.contains("only `Sidecar`, `Prefixed` or `headers` can carry its context"), "{text}");
    probe(&Sidecar::new(Json), &readings).unwrap();
    probe(&Prefixed::new(Json), &readings).unwrap();
}

#[test]
fn a_message_that_goes_without_its_context_is_found() {
    #[derive(Serialize, Deserialize, PartialEq)]
    #[serde(untagged)]
    enum Untagged {
        Named { user: u64 },
        List(Vec<u8>),
    }
    let error =
        probe(&Sidecar::new(Json), &[Untagged::Named { user: 1 }, Untagged::List(vec![])]).unwrap_err();
    assert_eq!((error.kind(), error.position()), (ProbeErrorKind::NoPlace, 1));
    assert!(error.to_string().ends_with("Use `Prefixed`, or send the context in `headers`"), "{error}");
}

/// Messages that the format itself cannot round-trip are found, too.
#[test]
fn a_message_that_is_lost_or_mistaken_without_us_is_found() {
    /// Writes a number; reads one more, or nothing.
    #[derive(Debug, PartialEq)]
    struct Odd<const READS: bool>(u8);

    impl<const READS: bool> Serialize for Odd<READS> {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.serialize_u8(self.0)
        }
    }

    impl<'de, const READS: bool> Deserialize<'de> for Odd<READS> {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            let read = u8::deserialize(deserializer)?;
            if READS { Ok(Self(read + 1)) } else { Err(D::Error::custom("no")) }
        }
    }
    assert_eq!(probe(&Json, &[Odd::<true>(1)]).unwrap_err().kind(), ProbeErrorKind::Mistaken);
    assert_eq!(probe(&Json, &[Odd::<false>(1)]).unwrap_err().kind(), ProbeErrorKind::Lost);
}
