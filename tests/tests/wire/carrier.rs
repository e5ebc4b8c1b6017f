//! A malformed context is counted by its reason, and costs the context, never the message.
//!
//! The counters are the process's: each test looks at its own reasons, or at what changed at least.

use traced_actor::Envelope;
use traced_actor::context::{ContextState, MessageContext};
use traced_actor_wire::codec::{Json, Postcard};
use traced_actor_wire::{Codec, Encoding, Malformed, Peek, wire_counters};

use crate::support::{Message, assert_arrived, context, full_context, with_each_codec};

const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

fn json(carrier: &str) -> Envelope<Message> {
    Json.decode(format!(r#"{{"__traced":[{carrier},{{"Leave":5}}]}}"#).as_bytes()).unwrap()
}

fn binary(carrier: &[u8]) -> Envelope<Message> {
    let mut bytes = vec![0x7f];
    let length = carrier.len();
    if length < 0x80 {
        bytes.push(u8::try_from(length).unwrap());
    } else {
        bytes.extend([length.to_le_bytes()[0] | 0x80, u8::try_from(length >> 7).unwrap()]);
    }
    bytes.extend(carrier);
    bytes.extend([2, 5]);
    Postcard.decode(&bytes).unwrap()
}

/// 26 bytes, and extras.
fn with_extras(extras: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0, 1];
    bytes.extend(context().context.trace_id.to_bytes());
    bytes.extend(context().context.span_id.to_bytes());
    bytes.extend(extras);
    bytes
}

#[track_caller]
fn counted(
    form: &'static str,
    reason: Malformed,
    read: impl FnOnce() -> Envelope<Message>,
) -> Envelope<Message> {
    let count = || wire_counters().malformed.get(&(form, reason)).copied().unwrap_or(0);
    let before = count();
    let envelope = read();
    assert_eq!(*envelope.message(), Message::Leave(5), "the message is delivered");
    assert!(count() > before, "{form}: {reason:?} is counted");
    envelope
}

#[test]
fn a_valid_context_of_each_form_is_read() {
    assert_eq!(json(&format!("{PARENT:?}")).context(), Some(&context().context));
    assert_eq!(json(&format!(r#"{{"traceparent":{PARENT:?}}}"#)).context(), Some(&context().context));
    assert_eq!(binary(&with_extras(&[])).context(), Some(&context().context));
    assert_eq!(json(r#""""#).state(), ContextState::Unsampled);
    assert_eq!(binary(&[]).state(), ContextState::Unsampled);
}

/// One defect each; the valid twin is `PARENT`.
#[test]
fn a_malformed_text_is_counted_and_the_message_delivered() {
    let cases = [
        (r#""00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0""#, Malformed::Length),
        (r#""00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-""#, Malformed::Length),
        (r#""ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01""#, Malformed::Version),
        (r#""00_4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01""#, Malformed::Syntax),
        (r#""00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0x""#, Malformed::Syntax),
        (r#""00-4BF92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01""#, Malformed::TraceId),
        (r#""00-00000000000000000000000000000000-00f067aa0ba902b7-01""#, Malformed::TraceId),
        (r#""00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01""#, Malformed::SpanId),
        (r#""ä""#, Malformed::Length),
    ];
    for (carrier, reason) in cases {
        let envelope = counted("text", reason, || json(carrier));
        assert_eq!(envelope.state(), ContextState::Absent, "{carrier}");
    }
}

#[test]
fn another_type_in_its_place_is_counted_and_the_message_delivered() {
    for carrier in
        ["5", "-5", "0.5", "null", "true", "[1,[2]]", "{}", r#"{"traceparent":5}"#, r#"{"traceparent":[{}]}"#]
    {
        let envelope = counted("text", Malformed::Type, || json(carrier));
        assert_eq!(envelope.state(), ContextState::Absent, "{carrier}");
    }
}

/// This needs a format that tells a reader the type of the next value: rmp-serde does, ciborium and the others do not.
#[test]
fn another_type_in_its_place_in_message_pack() {
    use traced_actor_wire::codec::Msgpack;
    for carrier in [&b"\x05"[..], b"\xc0", b"\xc3", b"\x92\x01\x02", b"\x81\xa1a\x01", b"\xa3abc"] {
        let bytes = [b"\x81\xa8__traced\x92", carrier, b"\x81\xa5Leave\x05"].concat();
        let envelope: Envelope<Message> =
            Msgpack.decode(&bytes).unwrap_or_else(|error| panic!("{carrier:x?}: {error}"));
        assert_eq!(
            (envelope.message(), envelope.state()),
            (&Message::Leave(5), ContextState::Absent),
            "{carrier:x?}"
        );
    }
}

#[test]
fn malformed_bytes_are_counted_and_the_message_delivered() {
    let valid = with_extras(&[]);
    let zeroed = |range: std::ops::Range<usize>| {
        let mut bytes = valid.clone();
        bytes[range].fill(0);
        bytes
    };
    let mut no_version = valid.clone();
    no_version[0] = 0xff;
    let cases = [
        (valid[..25].to_vec(), Malformed::Length),
        (no_version, Malformed::Version),
        (zeroed(2..18), Malformed::TraceId),
        (zeroed(18..26), Malformed::SpanId),
    ];
    for (carrier, reason) in cases {
        let envelope = counted("binary", reason, || binary(&carrier));
        assert_eq!(envelope.state(), ContextState::Absent, "{carrier:?}");
    }
}

/// The ids of a context are worth more than what comes with them.
#[test]
fn a_malformed_extra_costs_only_itself() {
    let long = [&[2, 0x81, 0x40][..], &[b'b'; 8193]].concat();
    let cases: [&[u8]; 9] = [
        &[1],                                  // no length
        &[1, 3, b'a', b'='],                   // cut off
        &[1, 0xff, 0xff, 0xff, 0x7f],          // a length that nothing has
        &[1, 3, b'a', b'\n', b'b'],            // no header value
        &[2, 3, b'a', b'=', 0xff],             // no text
        &long,                                 // beyond W3C's limit
        &[3, 8, 0, 0, 0, 0, 0, 0, 0xf0, 0xbf], // a probability of -1
        &[3, 1, 0],                            // no probability
        &[4, 1, 0],                            // no `u16`
    ];
    for extra in cases {
        let envelope = counted("binary", Malformed::Extra, || binary(&with_extras(extra)));
        assert_eq!(envelope.context(), Some(&context().context), "{extra:?}");
        let ContextState::Sampled(sampled) = envelope.state() else { unreachable!() };
        assert_eq!((sampled.probability, sampled.hops), (None, 0));
        assert_eq!((&sampled.tracestate, &sampled.baggage), (&None, &None));
    }
    for carrier in [
        format!(r#"{{"traceparent":{PARENT:?},"tracestate":"A=1"}}"#),
        format!(r#"{{"traceparent":{PARENT:?},"tracestate":"{}=1"}}"#, "a".repeat(1100)),
        format!(r#"{{"traceparent":{PARENT:?},"baggage":"a\nb"}}"#),
        format!(r#"{{"traceparent":{PARENT:?},"baggage":"{}"}}"#, "b".repeat(8193)),
    ] {
        let envelope = counted("text", Malformed::Extra, || json(&carrier));
        assert_eq!(envelope.context(), Some(&context().context));
    }
}

/// Fields that a later version may add.
#[test]
fn what_is_not_known_is_skipped() {
    let extras = [77, 2, 1, 2, 4, 2, 9, 0];
    let envelope = binary(&with_extras(&extras));
    let ContextState::Sampled(sampled) = envelope.state() else { unreachable!() };
    assert_eq!(sampled.hops, 9, "what stands behind it is read");

    let mut later = with_extras(&[]);
    later[0] = 1;
    assert_eq!(binary(&later).context(), Some(&context().context));

    let later = "01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more";
    assert_eq!(json(&format!("{later:?}")).context(), Some(&context().context));
    let map = format!(r#"{{"new":[1,{{}}],"traceparent":{PARENT:?},"other":null}}"#);
    assert_eq!(json(&map).context(), Some(&context().context));
}

#[test]
fn ids_without_the_sampled_flag_are_a_decision() {
    let mut unsampled = with_extras(&[]);
    unsampled[1] = 0;
    assert_eq!(binary(&unsampled).state(), ContextState::Unsampled);
    assert_eq!(json(&format!("{:?}", PARENT.replace("-01", "-00"))).state(), ContextState::Unsampled);
}

/// The fan-out's choice travels whole in bytes; in text it has been applied to OpenTelemetry's threshold.
#[test]
fn a_fan_out_s_choice() {
    use traced_actor_wire::Encoding;
    let mut sampled = full_context();
    sampled.selected = true;
    sampled.tracestate = Some("ot=th:8;rv:00000000000001".into());
    let envelope = Envelope::new(Message::Tick, sampled.clone());

    let bytes = Postcard.encode(&envelope, Encoding::Envelope).unwrap();
    let arrived: Envelope<Message> = Postcard.decode(&bytes).unwrap();
    let ContextState::Sampled(binary) = arrived.state() else { unreachable!() };
    assert!(binary.selected);
    assert_eq!(binary.tracestate, sampled.tracestate);

    let text = Json.encode(&envelope, Encoding::Envelope).unwrap();
    let arrived: Envelope<Message> = Json.decode(&text).unwrap();
    let ContextState::Sampled(text) = arrived.state() else { unreachable!() };
    assert_eq!(text.probability, Some(0.125));
    assert_eq!(text.tracestate.as_deref(), Some("ot=rv:00000000000001"));
}

/// The receiver knows whether a trace is always kept, and does not confuse this with an unknown probability.
#[test]
fn certainty_arrives_in_every_codec() {
    fn each<C: Codec>(codec: &C) {
        for probability in [Some(1.0), None, Some(0.25)] {
            for (hops, tracestate) in [(0, None), (3, None), (0, Some("a=1"))] {
                let mut sent = context();
                (sent.probability, sent.hops) = (probability, hops);
                sent.tracestate = tracestate.map(Into::into);
                let sent = MessageContext::from(sent);
                let bytes =
                    codec.encode(&Envelope::new(Message::Tick, sent.clone()), Encoding::Envelope).unwrap();
                assert_arrived(&sent, codec.decode::<Message>(&bytes).unwrap().state());
                assert_eq!(codec.peek(&bytes), Some(Peek::Sampled), "{}", C::NAME);
            }
        }
    }
    with_each_codec!(each);
}
