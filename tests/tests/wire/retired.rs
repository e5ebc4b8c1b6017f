//! Retired shapes and pinned numbers.

use serde::{Deserialize, Serialize};
use traced_actor::{Envelope, traced_actor};
use traced_actor_wire::codec::{Bincode, Json, Msgpack, Postcard};
use traced_actor_wire::versions::{AtSchema, schema};
use traced_actor_wire::{Codec, Encoding};

use crate::evolved::{Message, v1};
use crate::support::{assert_arrived, context, decided, enveloped, with_each_codec};

fn then_and_now() -> Vec<(v1::Message, Message)> {
    vec![
        (v1::Message::Join { user: 7 }, Message::Join { user: 7, region: "eu".into() }),
        (v1::Message::Post(1, "hi".into()), Message::Send { room: 1, text: "hi".into() }),
        (v1::Message::Leave(7), Message::Quit),
        (v1::Message::Tick, Message::Tick),
        (v1::Message::Bye, Message::Quit),
    ]
}

fn today() -> Vec<Message> {
    let mut messages: Vec<_> = then_and_now().into_iter().map(|(_, now)| now).collect();
    messages.push(Message::Mute(300));
    messages
}

#[test]
fn what_old_nodes_write_is_read_as_today_s() {
    fn check<C: Codec>(codec: &C) {
        for (old, now) in then_and_now() {
            let bare = codec.write(&old).unwrap();
            assert_eq!(codec.decode::<Message>(&bare).unwrap().into_message(), now, "{}", C::NAME);
            // An old shape in an envelope: from a node that has this crate, and not yet the new protocol.
            for carried in decided() {
                let bytes = codec.encode(&enveloped(&old, &carried), Encoding::Envelope).unwrap();
                let arrived = codec.decode::<Message>(&bytes).unwrap();
                assert_eq!(*arrived.message(), now);
                assert_arrived(&carried, arrived.state());
                for end in 0..bytes.len() {
                    assert!(codec.decode::<Message>(&bytes[..end]).is_err(), "{}: {end}", C::NAME);
                }
            }
        }
    }
    with_each_codec!(check);
}

#[test]
fn today_s_shapes_come_back() {
    fn check<C: Codec>(codec: &C) {
        for message in today() {
            for carried in decided() {
                let bytes = codec.encode(&enveloped(&message, &carried), Encoding::Envelope).unwrap();
                let arrived = codec.decode::<Message>(&bytes).unwrap();
                assert_eq!(*arrived.message(), message, "{}", C::NAME);
                assert_arrived(&carried, arrived.state());
            }
            let bytes = codec.encode(&Envelope::bare(message.clone()), Encoding::Bare).unwrap();
            assert_eq!(codec.decode::<Message>(&bytes).unwrap().into_message(), message);
        }
    }
    with_each_codec!(check);
}

#[test]
fn numbers_and_names_are_the_pinned_ones() {
    let join = Message::Join { user: 7, region: "eu".into() };
    assert_eq!(Postcard.write(&join).unwrap(), [6, 7, 2, b'e', b'u']);
    assert_eq!(Json.write(&join).unwrap(), br#"{"Join2":{"user":7,"region":"eu"}}"#);
    // A variant that did not change keeps its bytes.
    assert_eq!(Postcard.write(&Message::Tick).unwrap(), Postcard.write(&v1::Message::Tick).unwrap());
    // Within another type, as well.
    assert_eq!(Postcard.write(&(1_u8, [Message::Tick])).unwrap(), [1, 3]);
    let nested: Vec<Message> = Json.read(br#"["Tick",{"Leave":7}]"#).unwrap();
    assert_eq!(nested, [Message::Tick, Message::Quit]);
}

#[test]
fn an_older_peer_reads_what_is_written_for_it() {
    fn check<C: Codec>(codec: &C) {
        let peer = 0;
        for (old, now) in then_and_now() {
            // Two shapes have become `Quit`: the one with a `downgrade` is written.
            let expected = if now == Message::Quit { v1::Message::Bye } else { old };
            for carried in decided() {
                let envelope = enveloped(&now, &carried);
                let bare = codec.encode(&envelope.at_schema(peer), Encoding::Bare).unwrap();
                assert_eq!(bare, codec.write(&expected).unwrap(), "{}", C::NAME);
                assert_eq!(codec.read::<v1::Message>(&bare).unwrap(), expected);
                // The peer has this crate, and the old protocol.
                let bytes = codec.encode(&envelope.at_schema(peer), Encoding::Envelope).unwrap();
                let arrived = codec.decode::<v1::Message>(&bytes).unwrap();
                assert_eq!(*arrived.message(), expected);
                assert_arrived(&carried, arrived.state());
            }
        }
    }
    with_each_codec!(check);
}

#[test]
fn what_an_older_peer_cannot_know_is_an_error_that_names_it() {
    fn check<C: Codec>(codec: &C) {
        let mute = Envelope::new(Message::Mute(1), context());
        for encoding in [Encoding::Bare, Encoding::Envelope] {
            let error = codec.encode(&mute.at_schema(0), encoding).unwrap_err().to_string();
            assert!(
                error.contains("variant `Mute` of Message came with schema 1: the peer has schema 0"),
                "{error}"
            );
            assert!(error.contains(C::NAME), "{error}");
            codec.encode(&mute.at_schema(schema::<Message>()), encoding).unwrap();
        }
    }
    with_each_codec!(check);
    assert_eq!(schema::<Message>(), 1);
    assert!(Json.write(&Message::Cached).is_err(), "skipped by serde");
}

#[test]
fn what_nobody_ever_wrote_is_an_error() {
    // 0 to 4 are old, 3 and 5 to 8 today's; 9 is never read.
    for index in [9, 10, 126] {
        let error = Postcard.decode::<Message>(&[index, 1, 1, 1]).unwrap_err().to_string();
        assert!(error.ends_with(&format!("found number {index}")), "{error}");
    }
    let error = Json.decode::<Message>(br#"{"Kick":1}"#).unwrap_err().to_string();
    assert!(error.contains("unknown variant `Kick`"), "{error}");
    // A retired number does not fall through to the variant that stands in its place today.
    assert_eq!(Msgpack.decode::<Message>(b"\x81\x02\x07").unwrap().into_message(), Message::Quit);
    assert_eq!(
        Bincode::new().read::<Message>(&[0, 7]).unwrap(),
        Message::Join { user: 7, region: "eu".into() }
    );
}

/// A catch-all goes on catching, and pinned numbers do not lead into it by chance.
#[test]
fn a_catch_all_catches_what_is_unknown() {
    #[traced_actor]
    #[derive(Serialize, Deserialize, Debug, PartialEq)]
    enum Open {
        #[traced(index = 4)]
        Known(u8),
        #[traced(index = 0)]
        #[serde(other)]
        Unknown,
    }
    assert_eq!(Postcard.read::<Open>(&[4, 9]).unwrap(), Open::Known(9));
    assert_eq!(Postcard.read::<Open>(&[0]).unwrap(), Open::Unknown);
    assert_eq!(
        Postcard.read::<Open>(&[1]).unwrap(),
        Open::Unknown,
        "1 is the catch-all's place, not its number"
    );
    assert_eq!(Json.read::<Open>(br#""New""#).unwrap(), Open::Unknown);
    let known = AtSchema::new(&Open::Known(1), 0);
    assert_eq!(Postcard.write(&known).unwrap(), [4, 1]);
}
