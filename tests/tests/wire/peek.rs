//! A peek says what decoding would.

use traced_actor::Envelope;
use traced_actor::context::State;
use traced_actor::wire::{Codec, Frame, Peek, Phase};

use crate::support::{Message, decided, enveloped, messages, with_each_codec};

fn agrees<C: Codec>(codec: &C) {
    for message in messages() {
        let bytes = codec.write(&message).unwrap();
        assert_eq!(codec.peek(&bytes), Some(Peek::Bare), "{}: {bytes:?}", C::NAME);
        for carried in decided() {
            let bytes = codec.encode(&enveloped(&message, &carried), Phase::Envelope).unwrap();
            let expected = if carried.is_unsampled() { Peek::Unsampled } else { Peek::Sampled };
            assert_eq!(codec.peek(&bytes), Some(expected), "{}: {bytes:?}", C::NAME);
        }
    }
}

#[test]
fn a_peek_agrees_with_decoding() {
    use traced_actor::wire::codec::{Cbor, Json, Msgpack};
    with_each_codec!(agrees);
    agrees(&Frame::new(Json));
    agrees(&Frame::new(Msgpack));
    agrees(&Frame::new(Cbor));
}

/// Where another writer's layout is met, a peek says nothing, and never the wrong thing.
#[test]
fn an_unusual_layout_is_decoded_and_not_peeked_into() {
    use traced_actor::wire::codec::{Json, Msgpack};
    let parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    for text in [
        format!(r#" {{ "__traced" : [ "{parent}", "Tick" ] }}"#),
        format!(r#"{{"\u005f_traced":["{parent}","Tick"]}}"#),
        format!(r#"{{"__traced":[{{"new":1,"traceparent":"{parent}"}},"Tick"]}}"#),
    ] {
        assert_eq!(Json.peek(text.as_bytes()), None, "{text}");
        let envelope: Envelope<Message> = Json.decode(text.as_bytes()).unwrap();
        assert!(matches!(envelope.state(), State::Sampled(_)), "{text}");
    }
    // A quotation mark in the message, where one would stand behind a context.
    let text = format!(r#"{{"__traced":["",{{"Join":{{"name":"{}","user":7}}}}]}}"#, "a".repeat(29));
    assert_eq!((text.as_bytes()[69], Json.peek(text.as_bytes())), (b'"', Some(Peek::Unsampled)));
    // rmp-serde 0.15 wrote numbers for variants.
    let by_number = b"\x81\x7f\x92\xc4\x00\x81\x02\x05";
    assert_eq!(Msgpack.peek(by_number), None);
    let envelope: Envelope<Message> = Msgpack.decode(by_number).unwrap();
    assert_eq!((envelope.message(), envelope.state()), (&Message::Leave(5), State::Unsampled));
}

/// 127 in two bytes: no encoder writes that. The first byte decides, for a peek and for decoding.
#[test]
fn a_number_in_too_many_bytes_is_no_envelope() {
    use traced_actor::wire::codec::{Bincode, Postcard};
    let long = [0xff, 0x00, 0x00, 0x03];
    assert_eq!(Postcard.peek(&long), Some(Peek::Bare));
    assert!(Postcard.decode::<Message>(&long).is_err());
    let long = [251, 0x7f, 0x00, 0x00, 0x03];
    assert_eq!(Bincode::new().peek(&long), Some(Peek::Bare));
    assert!(Bincode::new().decode::<Message>(&long).is_err());
}
