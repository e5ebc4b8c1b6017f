//! A peek says what decoding would.

use traced_actor::Envelope;
use traced_actor::context::ContextState;
use traced_actor_wire::{Codec, Encoding, Peek, Prefixed};

use crate::corrupt::Random;
use crate::support::{Message, Slow, decided, enveloped, envelopes, messages, with_each_codec};

fn agrees<C: Codec>(codec: &C) {
    for message in messages() {
        let bytes = codec.write(&message).unwrap();
        assert_eq!(codec.peek(&bytes), Some(Peek::Bare), "{}: {bytes:?}", C::NAME);
        for carried in decided() {
            let bytes = codec.encode(&enveloped(&message, &carried), Encoding::Envelope).unwrap();
            let expected = if carried.is_unsampled() { Peek::Unsampled } else { Peek::Sampled };
            assert_eq!(codec.peek(&bytes), Some(expected), "{}: {bytes:?}", C::NAME);
        }
    }
}

#[test]
fn a_peek_agrees_with_decoding() {
    use traced_actor_wire::codec::{Cbor, Json, Msgpack};
    with_each_codec!(agrees);
    agrees(&Prefixed::new(Json));
    agrees(&Prefixed::new(Msgpack));
    agrees(&Prefixed::new(Cbor));
}

/// For another writer's layout, a peek returns nothing, and never a wrong answer.
#[test]
fn an_unusual_layout_is_decoded_and_not_peeked_into() {
    use traced_actor_wire::codec::{Json, Msgpack};
    let parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    for text in [
        format!(r#" {{ "__traced" : [ "{parent}", "Tick" ] }}"#),
        format!(r#"{{"\u005f_traced":["{parent}","Tick"]}}"#),
        format!(r#"{{"__traced":[{{"new":1,"traceparent":"{parent}"}},"Tick"]}}"#),
    ] {
        assert_eq!(Json.peek(text.as_bytes()), None, "{text}");
        let envelope: Envelope<Message> = Json.decode(text.as_bytes()).unwrap();
        assert!(matches!(envelope.state(), ContextState::Sampled(_)), "{text}");
    }
    // A quotation mark in the message, where one would stand behind a context.
    let text = format!(r#"{{"__traced":["",{{"Join":{{"name":"{}","user":7}}}}]}}"#, "a".repeat(29));
    assert_eq!((text.as_bytes()[69], Json.peek(text.as_bytes())), (b'"', Some(Peek::Unsampled)));
    // rmp-serde 0.15 wrote numbers for variants.
    let by_number = b"\x81\x7f\x92\xc4\x00\x81\x02\x05";
    assert_eq!(Msgpack.peek(by_number), None);
    let envelope: Envelope<Message> = Msgpack.decode(by_number).unwrap();
    assert_eq!((envelope.message(), envelope.state()), (&Message::Leave(5), ContextState::Unsampled));
}

/// If decoding finds no context, no peek finds a sampled one.
#[test]
fn a_malformed_context_is_never_seen_as_sampled() {
    use traced_actor_wire::codec::{Bincode, Bincode1, Cbor, Json, Msgpack, Postcard};
    const GOOD: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    fn check<C: Codec>(codec: &C, bytes: &[u8]) {
        let Ok(envelope) = codec.decode::<Message>(bytes) else { return };
        let peeked = codec.peek(bytes);
        let is_sampled = matches!(envelope.state(), ContextState::Sampled(_));
        assert!(
            is_sampled || peeked != Some(Peek::Sampled),
            "{}: {}",
            C::NAME,
            String::from_utf8_lossy(bytes)
        );
    }

    let mut parents = vec![
        "00-00000000000000000000000000000000-00f067aa0ba902b7-01".to_owned(),
        "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01".to_owned(),
        "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".to_owned(),
    ];
    // Each character of a good one replaced by what does not belong there.
    for at in 0..GOOD.len() {
        for other in ["G", "A", " ", "-", "x", "0", "f"] {
            let mut parent = GOOD.to_owned();
            parent.replace_range(at..=at, other);
            parents.push(parent);
        }
    }
    for parent in &parents {
        for text in [
            format!(r#"{{"__traced":["{parent}","Tick"]}}"#),
            format!(r#"{{"__traced":[{{"traceparent":"{parent}"}},"Tick"]}}"#),
            format!(r#"{{"__traced":[{{"traceparent":"{parent}","tracestate":"a=1"}},"Tick"]}}"#),
            format!(r#"{{"__traced":[{{"traceparent":"{GOOD}","traceparent":"{parent}"}},"Tick"]}}"#),
            format!(r#"{{"__traced":[{{"traceparent":"{GOOD}","tr\u0061ceparent":"{parent}"}},"Tick"]}}"#),
            format!(r#"{{"__traced":[{{"traceparent":"{GOOD}","traceparent":null}},"Tick"]}}"#),
        ] {
            check(&Json, text.as_bytes());
        }
    }
    // The same in binary: zero ids, no version, and bytes cut off or added.
    let good = [&[0, 1][..], &[7; 16], &[9; 8]].concat();
    let mut contexts: Vec<Vec<u8>> = (0..good.len()).map(|end| good[..end].to_vec()).collect();
    for (at, byte) in [(0, 0xff), (0, 1), (1, 0), (1, 0xff)] {
        let mut context = good.clone();
        context[at] = byte;
        contexts.push(context);
    }
    contexts.push([&[0, 1][..], &[0; 16], &[9; 8]].concat());
    contexts.push([&[0, 1][..], &[7; 16], &[0; 8]].concat());
    for context in contexts {
        let length = u8::try_from(context.len()).unwrap();
        check(&Postcard, &[&[127, length][..], &context, &[3]].concat());
        check(&Bincode::new(), &[&[127, length][..], &context, &[3]].concat());
        check(
            &Bincode1,
            &[&[127, 0, 0, 0, length, 0, 0, 0, 0, 0, 0, 0][..], &context, &[3, 0, 0, 0]].concat(),
        );
        check(&Msgpack, &[b"\x81\xa8__traced\x92\xc4", &[length][..], &context, b"\xa4Tick"].concat());
        check(&Cbor, &[b"\xa1\x68__traced\x82\x58", &[length][..], &context, b"\x64Tick"].concat());
        let frame = [&[1, length][..], &context, br#""Tick""#].concat();
        check(&Prefixed::new(Json), &frame);
    }
}

/// 127 in two bytes: no encoder writes that. The first byte decides, for a peek and for decoding.
#[test]
fn a_number_in_too_many_bytes_is_no_envelope() {
    use traced_actor_wire::codec::{Bincode, Postcard};
    let long = [0xff, 0x00, 0x00, 0x03];
    assert_eq!(Postcard.peek(&long), Some(Peek::Bare));
    assert!(Postcard.decode::<Message>(&long).is_err());
    let long = [251, 0x7f, 0x00, 0x00, 0x03];
    assert_eq!(Bincode::new().peek(&long), Some(Peek::Bare));
    assert!(Bincode::new().decode::<Message>(&long).is_err());
}

/// Checks that decoding at once and decoding piece by piece give the same message, and that a peek agrees with both.
fn agree<C: Codec + Clone>(codec: &C, bytes: &[u8]) {
    let text = || String::from_utf8_lossy(bytes).into_owned();
    let whole = Slow(codec.clone()).decode::<Message>(bytes);
    match (codec.decode::<Message>(bytes), whole) {
        (Ok(read), Ok(whole)) => {
            assert_eq!(read.message(), whole.message(), "{}: {}", C::NAME, text());
            assert_eq!(read.state(), whole.state(), "{}: {}", C::NAME, text());
            match codec.peek(bytes) {
                Some(Peek::Bare) => assert_eq!(read.state(), ContextState::Absent, "{}", text()),
                Some(Peek::Sampled) => assert!(read.context().is_some(), "{}: {}", C::NAME, text()),
                Some(Peek::Unsampled) => assert!(read.context().is_none(), "{}: {}", C::NAME, text()),
                None => {}
            }
        }
        (Err(_), Err(_)) => {}
        (read, whole) => panic!("{}: {read:?} and {whole:?} of {}", C::NAME, text()),
    }
}

const PARENTS: [&str; 12] = [
    "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00",
    "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-ff",
    "01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    "01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-x",
    "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
    "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
    "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
    "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b\\u0037-01",
    "",
    "0",
];
const VALUES: [&str; 9] =
    ["null", "true", "1", "-0.5", "[]", "{}", r#""a=1""#, r#""A=1""#, r#"[{"traceparent":"x"}]"#];
const MESSAGES: [&str; 5] = [
    r#""Tick""#,
    r#"{"Leave":5}"#,
    r#"{"Post":[1,null,[]]}"#,
    r#"{"Join":{"user":7,"name":"]},[\\\""}}"#,
    "5",
];

/// A context, right or wrong.
fn any_context(random: &mut Random) -> String {
    let parent = |random: &mut Random| format!("\"{}\"", PARENTS[random.below(PARENTS.len())]);
    let value = |random: &mut Random| VALUES[random.below(VALUES.len())].to_owned();
    match random.below(4) {
        0 => value(random),
        1 | 2 => parent(random),
        _ => {
            let entries: Vec<_> = (0..random.below(4))
                .map(|_| {
                    let keys = ["traceparent", "tracestate", "baggage", "tracepar\\u0065nt", "new"];
                    let key = keys[random.below(keys.len())];
                    let value = if random.below(3) > 0 { parent(random) } else { value(random) };
                    format!("\"{key}\":{value}")
                })
                .collect();
            format!("{{{}}}", entries.join(","))
        }
    }
}

/// Envelopes of JSON that are put together from what a context may be made of, right and wrong.
#[test]
fn json_is_read_at_once_as_it_is_read_piece_by_piece() {
    use traced_actor_wire::codec::Json;
    let mut random = Random(14);
    for _ in 0..60_000 {
        let context = any_context(&mut random);
        let message = MESSAGES[random.below(MESSAGES.len())];
        let key = if random.below(16) == 0 { "_\\u005ftraced" } else { "__traced" };
        let spaced = random.below(4) == 0;
        let [s0, s1, s2, s3, s4, s5] = std::array::from_fn(|_| {
            if spaced && random.below(3) == 0 { [" ", "\n", "\t\r"][random.below(3)] } else { "" }
        });
        let mut text = match random.below(12) {
            0 => format!("{s0}{message}{s1}"),
            1 => format!(r#"{{"{key}":[{context},{message},{context}]}}"#),
            2 => format!(r#"{{"{key}":[{context}]}}"#),
            3 => format!(r#"{{"{key}":[{context},{message}],"more":[1]}}"#),
            _ => format!(r#"{s0}{{{s1}"{key}"{s2}:{s3}[{context}{s4},{s5}{message}{s0}]{s1}}}{s2}"#),
        };
        // Now and then a byte is another, or none.
        if random.below(4) == 0 {
            let at = random.below(text.len());
            text.replace_range(at..=at, ["", "\"", "\\", ",", "]", "0"][random.below(6)]);
        }
        agree(&Json, text.as_bytes());
    }
}

/// The same of binary formats: envelopes of which some bytes are others.
#[test]
fn binary_formats_are_read_at_once_as_they_are_read_piece_by_piece() {
    use traced_actor_wire::codec::{Bincode, Bincode1, Cbor, Msgpack, MsgpackNamed, Postcard};
    fn check<C: Codec + Clone>(codec: &C) {
        let mut random = Random(15);
        let all = envelopes(codec);
        for round in 0..20_000 {
            let mut bytes = all[round % all.len()].clone();
            for _ in 0..random.below(3) {
                // The first byte decides, as the test above says.
                let at = 1 + random.below(bytes.len() - 1);
                match random.below(4) {
                    0 => bytes[at] ^= 1 << random.below(8),
                    1 => bytes.truncate(at + 1),
                    2 => bytes.insert(at, random.byte()),
                    _ => bytes[at] = random.byte(),
                }
            }
            agree(codec, &bytes);
        }
    }
    check(&Postcard);
    check(&Bincode::new());
    check(&Bincode1);
    check(&Msgpack);
    check(&MsgpackNamed);
    check(&Cbor);
}
