//! `tracestate`: what is accepted is canonical, and cut by whole members.
#![no_main]

use libfuzzer_sys::fuzz_target;
use traced_actor_propagation::tracestate;

fuzz_target!(|bytes: &[u8]| {
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
