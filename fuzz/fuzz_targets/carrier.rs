//! Any carrier at all: the message behind it is delivered.
#![no_main]

use libfuzzer_sys::fuzz_target;
use traced_actor::wire::{Codec, codec::Postcard};
use traced_actor_fuzz::Message;

fuzz_target!(|carrier: &[u8]| {
    let Ok(length) = u16::try_from(carrier.len()) else { return };
    if length >= 1 << 14 {
        return;
    }
    let mut bytes = vec![0x7f, length.to_le_bytes()[0] | 0x80, (length >> 7).to_le_bytes()[0]];
    bytes.extend(carrier);
    bytes.push(3);
    let envelope = Postcard.decode::<Message>(&bytes).expect("a malformed carrier costs only the context");
    assert_eq!(*envelope.message(), Message::Tick);
});
