//! What a message borrows from the input stays borrowed, bare or in an envelope.

use serde::{Deserialize, Serialize};
use traced_actor::Envelope;

use crate::support::context;

#[derive(Serialize, Deserialize, Debug, Clone, PartialEq)]
enum Message<'a> {
    Text(&'a str),
    Bytes {
        #[serde(borrow)]
        bytes: &'a [u8],
    },
}

fn lies_in(part: &[u8], whole: &[u8]) -> bool {
    whole.as_ptr_range().contains(&part.as_ptr())
}

#[test]
fn text_lies_in_the_input() {
    for envelope in [Envelope::bare(Message::Text("hello")), Envelope::new(Message::Text("hello"), context())]
    {
        let json = serde_json::to_vec(&envelope).unwrap();
        let read: Envelope<Message<'_>> = serde_json::from_slice(&json).unwrap();
        let Message::Text(text) = read.message() else { unreachable!() };
        assert!(*text == "hello" && lies_in(text.as_bytes(), &json));

        let packed = rmp_serde::to_vec(&envelope).unwrap();
        let read: Envelope<Message<'_>> = rmp_serde::from_slice(&packed).unwrap();
        let Message::Text(text) = read.message() else { unreachable!() };
        assert!(*text == "hello" && lies_in(text.as_bytes(), &packed));
    }
}

#[test]
fn bytes_lie_in_the_input() {
    let message = Message::Bytes { bytes: b"hello" };
    for envelope in [Envelope::bare(message.clone()), Envelope::new(message, context())] {
        let bytes = postcard::to_stdvec(&envelope).unwrap();
        let read: Envelope<Message<'_>> = postcard::from_bytes(&bytes).unwrap();
        let Message::Bytes { bytes: part } = read.message() else { unreachable!() };
        assert!(*part == b"hello" && lies_in(part, &bytes));
    }
}

/// From a reader the tag is not borrowed, and known names are not copied either.
#[test]
fn a_reader_works_as_a_slice_does() {
    let json = serde_json::to_vec(&Envelope::new(crate::support::Message::Tick, context())).unwrap();
    let read: Envelope<crate::support::Message> = serde_json::from_reader(&json[..]).unwrap();
    assert_eq!(read.context(), Some(&context().context));
    let value: serde_json::Value = serde_json::from_slice(&json).unwrap();
    let read: Envelope<crate::support::Message> = serde_json::from_value(value).unwrap();
    assert_eq!(read.context(), Some(&context().context));
}
