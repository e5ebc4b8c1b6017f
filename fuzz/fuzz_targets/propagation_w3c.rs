//! `traceparent` and `tracestate`: what is accepted is written as it was read, and the peek agrees.
#![no_main]

use libfuzzer_sys::fuzz_target;
use traced_actor::propagation::traceparent::Peek;
use traced_actor::propagation::{filter, traceparent, tracestate};

fuzz_target!(|bytes: &[u8]| {
    let parsed = traceparent::parse(bytes);
    if let Ok(context) = parsed {
        let text = traceparent::write(&context);
        assert_eq!(text.as_bytes()[2..53], bytes[2..53]);
        assert_eq!(traceparent::parse(text.as_bytes()), Ok(context));
        assert_eq!(filter(bytes).unwrap().is_unsampled(), !context.is_sampled());
    }
    match (traceparent::peek(bytes), parsed) {
        (Peek::Sampled, Ok(context)) => assert!(context.is_sampled()),
        (Peek::Unsampled, Ok(context)) => assert!(!context.is_sampled()),
        _ => {}
    }
    if let Ok(Some(list)) = tracestate::parse(bytes) {
        assert_eq!(tracestate::parse(list.as_bytes()).unwrap().as_deref(), Some(&*list));
        assert!(tracestate::members(&list).count() <= tracestate::MAX_MEMBERS);
        for max in [0, 10, 100, 512] {
            if let Some(cut) = tracestate::bounded(&list, max) {
                assert!(
                    cut.len() <= max && tracestate::parse(cut.as_bytes()).unwrap().as_deref() == Some(&*cut)
                );
            }
        }
    }
});
