//! Tests of memory: live bytes and allocations. A program has one allocator. This one counts, for each test, the
//! allocations of its own threads.

mod flow;
mod propagation;
mod wire;

use traced_actor_tests::counting::{Count, Counting};

/// All that count.
struct Counters;

impl Count for Counters {
    fn count(allocated: Option<usize>, freed: Option<usize>) {
        flow::counting::Joined::count(allocated, freed);
        propagation::Calls::count(allocated, freed);
        wire::Held::count(allocated, freed);
    }
}

#[global_allocator]
static ALLOCATOR: Counting<Counters> = Counting::new();
