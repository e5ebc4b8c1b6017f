//! Random ids and random choices, from a generator of the thread's own.
//!
//! Trace ids are random in all bits, so a context made here may carry [`TraceFlags::RANDOM`](super::TraceFlags).

use std::cell::RefCell;

use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};

use super::{SpanId, TraceId};

thread_local! {
    /// xoshiro256++, seeded by the operating system through the thread's cryptographic generator.
    static GENERATOR: RefCell<SmallRng> = RefCell::new(SmallRng::from_rng(&mut rand::rng()));
}

fn with<T>(draw: impl Fn(&mut SmallRng) -> T) -> T {
    GENERATOR
        .try_with(|generator| draw(&mut generator.borrow_mut()))
        // The thread is being torn down, and its generator is gone.
        .unwrap_or_else(|_| draw(&mut SmallRng::from_rng(&mut rand::rng())))
}

/// Makes what this thread draws from here on the same in each run.
pub(crate) fn seed(seed: u64) {
    let _ = GENERATOR.try_with(|generator| generator.replace(SmallRng::seed_from_u64(seed)));
}

/// A new random trace id. About 5 ns.
pub fn new_trace_id() -> TraceId {
    loop {
        if let Some(id) = TraceId::new(with(Rng::random)) {
            return id;
        }
    }
}

/// A new random span id. About 2 ns.
pub fn new_span_id() -> SpanId {
    loop {
        if let Some(id) = SpanId::new(with(Rng::random)) {
            return id;
        }
    }
}

/// A random number in `0..n`; 0 when `n` is 0.
pub fn random_below(n: u64) -> u64 {
    if n == 0 { 0 } else { with(|generator| generator.random_range(0..n)) }
}

/// A random number in `[0, 1)`.
pub fn random_unit() -> f64 {
    with(Rng::random)
}
