//! The format, byte by byte: what another implementation must read and write.

use traced_actor::Envelope;
use traced_actor::context::{ContextState, MessageContext};
use traced_actor_wire::codec::{Bincode, Bincode1, Cbor, Json, Msgpack, Postcard};
use traced_actor_wire::{Codec, Encoding, Peek};

use crate::support::{Message, context, enveloped, full_context};

const TRACE: &[u8] =
    &[0x4b, 0xf9, 0x2f, 0x35, 0x77, 0xb3, 0x4d, 0xa6, 0xa3, 0xce, 0x92, 0x9d, 0x0e, 0x0e, 0x47, 0x36];
const SPAN: &[u8] = &[0x00, 0xf0, 0x67, 0xaa, 0x0b, 0xa9, 0x02, 0xb7];
const TICK: Message = Message::Tick;

fn encode<C: Codec>(codec: &C, carried: impl Into<MessageContext>) -> Vec<u8> {
    codec.encode(&enveloped(&TICK, &carried.into()), Encoding::Envelope).unwrap()
}

fn text(carried: impl Into<MessageContext>) -> String {
    String::from_utf8(encode(&Json, carried)).unwrap()
}

#[test]
fn json() {
    assert_eq!(text(MessageContext::ABSENT), r#""Tick""#);
    assert_eq!(text(MessageContext::UNSAMPLED), r#"{"__traced":["","Tick"]}"#);
    let parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7";
    assert_eq!(text(context()), format!(r#"{{"__traced":["{parent}-01","Tick"]}}"#));
    assert_eq!(
        text(full_context()),
        format!(
            r#"{{"__traced":[{{"traceparent":"{parent}-03","tracestate":"ta=w:0.125;h:3,congo=t61rcWkgMzE,rojo=00f067aa0ba902b7","baggage":"userId=alice,tier=gold;ttl=30"}},"Tick"]}}"#
        )
    );
}

#[test]
fn postcard_and_bincode_with_variable_integers() {
    // Variant 127, a carrier of no bytes, variant 3.
    assert_eq!(encode(&Postcard, MessageContext::UNSAMPLED), [0x7f, 0x00, 0x03]);
    // Variant 127, 26 bytes: version, flags, ids; variant 3.
    let sampled = [&[0x7f, 26, 0x00, 0x01], TRACE, SPAN, &[0x03]].concat();
    assert_eq!(encode(&Postcard, context()), sampled);
    assert_eq!(encode(&Bincode::new(), context()), sampled);
}

#[test]
fn bincode_with_fixed_integers() {
    let length = [26, 0, 0, 0, 0, 0, 0, 0];
    let sampled = [&[0x7f, 0, 0, 0], &length[..], &[0x00, 0x01], TRACE, SPAN, &[0x03, 0, 0, 0]].concat();
    assert_eq!(encode(&Bincode1, context()), sampled);
}

#[test]
fn msgpack_and_cbor() {
    // A map of one: the name, an array of two: bytes and a text.
    let sampled = [b"\x81\xa8__traced\x92\xc4\x1a\x00\x01", TRACE, SPAN, b"\xa4Tick"].concat();
    assert_eq!(encode(&Msgpack, context()), sampled);
    let sampled = [b"\xa1\x68__traced\x82\x58\x1a\x00\x01", TRACE, SPAN, b"\x64Tick"].concat();
    assert_eq!(encode(&Cbor, context()), sampled);
}

/// Unsampled, and no sampler is to be asked again: the version alone. A program gets it from its channels only.
#[test]
fn an_unsampled_context_that_is_settled() {
    fn goes_through<C: Codec>(codec: &C, bytes: &[u8]) {
        let arrived: Envelope<Message> = codec.decode(bytes).unwrap();
        assert_eq!(arrived.state(), ContextState::Unsampled);
        assert_eq!(codec.peek(bytes), Some(Peek::Unsampled));
        assert_eq!(codec.encode(&arrived, Encoding::Envelope).unwrap(), bytes);
    }
    goes_through(&Postcard, &[0x7f, 1, 0x00, 0x03]);
    goes_through(&Bincode::new(), &[0x7f, 1, 0x00, 0x03]);
    goes_through(&Msgpack, b"\x81\xa8__traced\x92\xc4\x01\x00\xa4Tick");
    goes_through(&Cbor, b"\xa1\x68__traced\x82\x41\x00\x64Tick");
    goes_through(&Json, br#"{"__traced":["0","Tick"]}"#);
}

#[test]
fn the_extras_of_a_binary_carrier() {
    let mut sampled = context();
    sampled.probability = Some(0.5);
    sampled.fanout_probability = 0.25;
    sampled.hops = 0x0102;
    sampled.selected = true;
    sampled.tracestate = Some("a=1".into());
    sampled.baggage = Some("b=2".into());
    let extras: &[&[u8]] = &[
        &[3, 8, 0, 0, 0, 0, 0, 0, 0xe0, 0x3f], // 0.5, little endian
        &[6, 4, 0, 0, 0x80, 0x3e],             // 0.25, likewise
        &[4, 2, 0x02, 0x01],
        &[5, 0],
        &[1, 3, b'a', b'=', b'1'],
        &[2, 3, b'b', b'=', b'2'],
    ];
    let extras = extras.concat();
    let length = 26 + extras.len();
    let expected =
        [&[0x7f, u8::try_from(length).unwrap(), 0x00, 0x01], TRACE, SPAN, &extras, &[0x03]].concat();
    assert_eq!(encode(&Postcard, sampled), expected);

    let mut certain = context();
    certain.probability = Some(1.0);
    assert_eq!(encode(&Postcard, certain), [&[0x7f, 28, 0x00, 0x01], TRACE, SPAN, &[3, 0], &[0x03]].concat());
}

/// bincode's guide says so; the type `Bincode` is documented for both.
#[test]
fn bincode_2_s_standard_is_bincode_1_s_default_options() {
    use bincode1::Options;
    let envelope =
        Envelope::new(Message::Post(300, Some("x".repeat(70_000)), vec![250, 251, 65_535]), context());
    let one = bincode1::DefaultOptions::new().serialize(&envelope).unwrap();
    assert_eq!(Bincode::new().encode(&envelope, Encoding::Envelope).unwrap(), one);
}
