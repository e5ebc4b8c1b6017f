//! `traceparent`: what is accepted is written as it was read, and the peek agrees.
#![no_main]

use libfuzzer_sys::fuzz_target;
use traced_actor_propagation::traceparent::SampledFlag;
use traced_actor_propagation::{filter, traceparent};

fuzz_target!(|bytes: &[u8]| {
    let parsed = traceparent::parse(bytes);
    if let Ok(context) = parsed {
        let text = traceparent::write(&context);
        assert_eq!(text.as_bytes()[2..53], bytes[2..53]);
        assert_eq!(traceparent::parse(text.as_bytes()), Ok(context));
        assert_eq!(filter(bytes).unwrap().is_unsampled(), !context.is_sampled());
    }
    match (traceparent::peek(bytes), parsed) {
        (SampledFlag::Sampled, Ok(context)) => assert!(context.is_sampled()),
        (SampledFlag::Unsampled, Ok(context)) => assert!(!context.is_sampled()),
        _ => {}
    }
});
