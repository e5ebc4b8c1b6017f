//! Compatibility of old and new nodes: shapes × codecs, as a table.
//!
//! A cell says what was observed of every message of the shape, in every state that an envelope can have. "Old"
//! is the same type read by the format alone, as a node without this crate does.

use serde::{Deserialize, Serialize};
use traced_actor::Envelope;
use traced_actor::context::ContextState;
use traced_actor_wire::codec::{Bincode, Bincode1, Cbor, Json, Msgpack, MsgpackNamed, Postcard};
use traced_actor_wire::{Codec, Encoding, Prefixed, Sidecar};

use crate::support::{Message, Shape, assert_arrived, decided, enveloped, messages};

/// A cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cell {
    /// Old bytes decode on new nodes, bare bytes are identical, envelopes come back; an old node does this.
    Works(Old),
    /// Bare messages work; encoding one in an envelope is an error.
    NoEnvelope,
    /// The format cannot hold the shape, with this crate or without.
    NoFormat,
}

/// The reaction of a node without this crate to an envelope.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Old {
    Refuses,
    /// Reads the message as if it were bare.
    Ignores,
    /// One or the other, as the message is.
    RefusesOrIgnores,
    /// Reads another message, and does not notice.
    Misreads,
}

use Cell::{NoEnvelope, NoFormat, Works};
use Old::{Ignores, Misreads, Refuses, RefusesOrIgnores};

fn observe<M: Shape, C: Codec>(codec: &C, messages: &[M]) -> Cell {
    let mut old_nodes = Vec::new();
    let mut refused = 0;
    let mut sent = 0;
    for message in messages {
        let Ok(old_bytes) = codec.write(message) else { return NoFormat };
        match codec.read::<M>(&old_bytes) {
            Ok(read) if read == *message => {}
            _ => return NoFormat,
        }

        let bare: Envelope<M> = codec.decode(&old_bytes).expect("old bytes decode on new nodes");
        assert_eq!(bare.message(), message);
        assert_eq!(bare.state(), ContextState::Absent);
        assert_eq!(codec.encode(&bare, Encoding::Envelope).unwrap(), old_bytes, "undecided goes bare");

        for carried in decided() {
            let envelope = enveloped(message, &carried);
            assert_eq!(
                codec.encode(&envelope, Encoding::Bare).unwrap(),
                old_bytes,
                "bare bytes are identical"
            );
            sent += 1;
            let Ok(bytes) = codec.encode(&envelope, Encoding::Envelope) else {
                refused += 1;
                continue;
            };
            let arrived: Envelope<M> = codec.decode(&bytes).expect("an envelope comes back");
            assert_eq!(arrived.message(), message);
            assert_arrived(&carried, arrived.state());
            old_nodes.push(match codec.read::<M>(&bytes) {
                Err(_) => Refuses,
                Ok(read) if read == *message => Ignores,
                Ok(_) => Misreads,
            });
        }
    }
    if refused > 0 {
        assert_eq!(refused, sent, "a shape has a place for contexts or it has not");
        return NoEnvelope;
    }
    Works(if old_nodes.contains(&Misreads) {
        Misreads
    } else if old_nodes.iter().all(|old| *old == Refuses) {
        Refuses
    } else if old_nodes.iter().all(|old| *old == Ignores) {
        Ignores
    } else {
        RefusesOrIgnores
    })
}

/// JSON, postcard, bincode 2, bincode 1, `MessagePack`, `MessagePack` with names, CBOR.
#[track_caller]
fn variant<M: Shape>(messages: &[M], expected: [Cell; 7]) {
    let observed = [
        observe(&Json, messages),
        observe(&Postcard, messages),
        observe(&Bincode::new(), messages),
        observe(&Bincode1, messages),
        observe(&Msgpack, messages),
        observe(&MsgpackNamed, messages),
        observe(&Cbor, messages),
    ];
    assert_eq!(observed, expected, "{}", std::any::type_name::<M>());
}

/// JSON, `MessagePack` with names, CBOR: the others do not compile.
#[track_caller]
fn sidecar<M: Shape>(messages: &[M], expected: [Cell; 3]) {
    let observed = [
        observe(&Sidecar::new(Json), messages),
        observe(&Sidecar::new(MsgpackNamed), messages),
        observe(&Sidecar::new(Cbor), messages),
    ];
    assert_eq!(observed, expected, "{}", std::any::type_name::<M>());
}

/// JSON, `MessagePack`, `MessagePack` with names, CBOR: the others do not compile.
#[track_caller]
fn frame<M: Shape>(messages: &[M], expected: [Cell; 4]) {
    let observed = [
        observe(&Prefixed::new(Json), messages),
        observe(&Prefixed::new(Msgpack), messages),
        observe(&Prefixed::new(MsgpackNamed), messages),
        observe(&Prefixed::new(Cbor), messages),
    ];
    assert_eq!(observed, expected, "{}", std::any::type_name::<M>());
}

const ALL: [Cell; 7] = [Works(Refuses); 7];

#[test]
fn an_enum_as_serde_derives_it() {
    variant(&messages(), ALL);
    frame(&messages(), [Works(Refuses); 4]);
    // It does not support a sidecar, and the error says so.
    sidecar(&messages(), [NoEnvelope; 3]);
}

/// Shows why an old node must never be sent an envelope.
#[test]
fn an_old_node_with_a_catch_all_misreads_in_some_formats() {
    #[derive(Serialize, Deserialize, Debug, Clone, PartialEq)]
    enum Message {
        Known(u8),
        #[serde(other)]
        Unknown,
    }
    variant(
        &[Message::Known(3), Message::Unknown],
        [
            Works(Refuses),
            Works(Misreads),
            // Because our codec compares the length; an application that does not misreads, too.
            Works(Refuses),
            Works(Misreads),
            Works(Refuses),
            Works(Refuses),
            Works(Misreads),
        ],
    );
}

#[test]
fn a_newtype_around_the_enum() {
    #[derive(Serialize, Deserialize, Debug, Clone, PartialEq)]
    struct Outer(Message);
    #[derive(Serialize, Deserialize, Debug, Clone, PartialEq)]
    #[serde(transparent)]
    struct Transparent {
        message: Message,
    }
    variant(&messages().into_iter().map(Outer).collect::<Vec<_>>(), ALL);
    variant(&messages().into_iter().map(|message| Transparent { message }).collect::<Vec<_>>(), ALL);
}

#[test]
fn a_generic_enum() {
    #[derive(Serialize, Deserialize, Debug, Clone, PartialEq)]
    enum Generic<T, U> {
        First(T),
        Second { inner: U },
    }
    variant(&[Generic::First(1_u32), Generic::Second { inner: Some(Message::Tick) }], ALL);
}

#[test]
fn internally_tagged() {
    #[derive(Serialize, Deserialize, Debug, Clone, PartialEq)]
    #[serde(tag = "type")]
    enum Tagged {
        Join { user: u64, name: String },
        Tick,
    }
    let messages = [Tagged::Join { user: 7, name: "Ada".into() }, Tagged::Tick];
    // Binary formats have no `deserialize_any`, MessagePack's arrays have no tag.
    variant(&messages, [NoEnvelope, NoFormat, NoFormat, NoFormat, NoEnvelope, NoEnvelope, NoEnvelope]);
    sidecar(&messages, [Works(Ignores); 3]);
    frame(&messages, [Works(Refuses); 4]);

    #[derive(Serialize, Deserialize, Debug, Clone, PartialEq)]
    #[serde(tag = "type", deny_unknown_fields)]
    enum Strict {
        Join { user: u64 },
        Tick,
    }
    sidecar(&[Strict::Join { user: 7 }, Strict::Tick], [Works(RefusesOrIgnores); 3]);
}

#[test]
fn adjacently_tagged() {
    #[derive(Serialize, Deserialize, Debug, Clone, PartialEq)]
    #[serde(tag = "type", content = "body")]
    enum Tagged {
        Join { user: u64, name: String },
        Leave(u64),
        Tick,
    }
    let messages = [Tagged::Join { user: 7, name: "Ada".into() }, Tagged::Leave(1), Tagged::Tick];
    // Binary formats have no identifiers to read the tag by.
    variant(&messages, [NoEnvelope, NoFormat, NoFormat, NoFormat, NoFormat, NoEnvelope, NoEnvelope]);
    sidecar(&messages, [Works(Ignores); 3]);
    // MessagePack's arrays do not hold the shape, with this crate or without.
    frame(&messages, [Works(Refuses), NoFormat, Works(Refuses), Works(Refuses)]);
}

#[test]
fn untagged() {
    #[derive(Serialize, Deserialize, Debug, Clone, PartialEq)]
    #[serde(untagged)]
    enum Untagged {
        Join { user: u64 },
        Leave { room: String },
    }
    let messages = [Untagged::Join { user: 7 }, Untagged::Leave { room: "r".into() }];
    variant(&messages, [NoEnvelope, NoFormat, NoFormat, NoFormat, NoFormat, NoEnvelope, NoEnvelope]);
    sidecar(&messages, [Works(Ignores); 3]);
    frame(&messages, [Works(Refuses), NoFormat, Works(Refuses), Works(Refuses)]);
}

#[test]
fn a_struct() {
    #[derive(Serialize, Deserialize, Debug, Clone, PartialEq)]
    struct Reading {
        device: u64,
        value: f64,
    }
    let messages = [Reading { device: 127, value: 0.5 }];
    variant(&messages, [NoEnvelope; 7]);
    sidecar(&messages, [Works(Ignores); 3]);
    frame(&messages, [Works(Refuses); 4]);

    #[derive(Serialize, Deserialize, Debug, Clone, PartialEq)]
    #[serde(deny_unknown_fields)]
    struct Strict {
        device: u64,
    }
    sidecar(&[Strict { device: 1 }], [Works(Refuses); 3]);

    #[derive(Serialize, Deserialize, Debug, Clone, PartialEq)]
    struct CatchAll {
        device: u64,
        #[serde(flatten)]
        others: std::collections::BTreeMap<String, u64>,
    }
    sidecar(&[CatchAll { device: 1, others: [("x".to_owned(), 2)].into() }], [Works(Refuses); 3]);
}
