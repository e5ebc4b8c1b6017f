//! W3C Baggage: what is kept is within the bounds and canonical, and any text survives as a value.
#![no_main]

use libfuzzer_sys::fuzz_target;
use traced_actor_propagation::baggage::{List, MAX_BYTES, MAX_MEMBERS, decode, members, parse};

fuzz_target!(|bytes: &[u8]| {
    if let Some(list) = parse(bytes) {
        assert!(list.len() <= MAX_BYTES && members(&list).count() <= MAX_MEMBERS);
        assert_eq!(parse(list.as_bytes()), Some(list));
    }
    let text = String::from_utf8_lossy(bytes);
    let mut list = List::default();
    if list.push("key", &text, "") {
        let header = list.into_header().unwrap();
        assert_eq!(members(&header).next().unwrap().value(), text);
    }
    decode(bytes);
});
