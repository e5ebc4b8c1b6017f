//! Protobuf: the context is a field that old nodes skip.

use prost::Message as _;
use traced_actor::Envelope;
use traced_actor::context::ContextState;
use traced_actor_wire::protobuf::{self, decode, encode, peek};
use traced_actor_wire::{Encoding, Peek};

use crate::support::{assert_arrived, context, decided};

#[derive(Clone, PartialEq, prost::Message)]
struct Command {
    #[prost(uint64, tag = "1")]
    user: u64,
    #[prost(string, tag = "2")]
    text: String,
    #[prost(oneof = "Kind", tags = "3, 4")]
    kind: Option<Kind>,
    #[prost(fixed32, repeated, tag = "100")]
    more: Vec<u32>,
    #[prost(double, tag = "101")]
    value: f64,
}

#[derive(Clone, PartialEq, prost::Oneof)]
enum Kind {
    #[prost(bool, tag = "3")]
    Join(bool),
    #[prost(bytes, tag = "4")]
    Blob(Vec<u8>),
}

fn commands() -> Vec<Command> {
    let full = Command {
        user: u64::MAX,
        text: "hi".into(),
        kind: Some(Kind::Blob(vec![0xfa, 0x7f])),
        more: vec![1, 2],
        value: 0.5,
    };
    vec![Command::default(), Command { user: 1, kind: Some(Kind::Join(true)), ..Command::default() }, full]
}

#[test]
fn old_nodes_and_new_ones_read_each_other() {
    for command in commands() {
        let old_bytes = command.encode_to_vec();
        assert_eq!(encode(&Envelope::bare(command.clone()), Encoding::Envelope), old_bytes);
        let bare: Envelope<Command> = decode(&old_bytes).unwrap();
        assert_eq!((bare.message(), bare.state()), (&command, ContextState::Absent));
        assert_eq!(peek(&old_bytes), Peek::Bare);
        for carried in decided() {
            let envelope = Envelope::new(command.clone(), carried.clone());
            assert_eq!(encode(&envelope, Encoding::Bare), old_bytes);
            let bytes = encode(&envelope, Encoding::Envelope);
            assert_eq!(Command::decode(&*bytes).unwrap(), command, "an old node skips the field");
            let arrived: Envelope<Command> = decode(&bytes).unwrap();
            assert_eq!(*arrived.message(), command);
            assert_arrived(&carried, arrived.state());
            let expected = if carried.is_unsampled() { Peek::Unsampled } else { Peek::Sampled };
            assert_eq!(peek(&bytes), expected);
        }
    }
}

#[test]
fn the_field_is_2047_and_costs_29_bytes() {
    let bytes = encode(&Envelope::new(Command::default(), context()), Encoding::Envelope);
    assert_eq!(bytes[..3], [0xfa, 0x7f, 26]);
    assert_eq!((bytes.len(), protobuf::FIELD), (29, 2047));
}

/// Other implementations keep unknown fields, at the end.
#[test]
fn the_field_is_found_behind_the_others() {
    for command in commands() {
        let bytes = encode(&Envelope::new(Command::default(), context()), Encoding::Envelope);
        let moved = [command.encode_to_vec(), bytes].concat();
        let arrived: Envelope<Command> = decode(&moved).unwrap();
        assert_eq!((arrived.message(), arrived.context()), (&command, Some(&context().context)));
    }
}

#[test]
fn an_error_names_the_message() {
    let error = decode::<Command>(&[0x08]).unwrap_err().to_string();
    assert!(error.starts_with("cannot read a `wire::protobuf::Command` from protobuf: "), "{error}");
}
