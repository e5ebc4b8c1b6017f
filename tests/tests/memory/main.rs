//! What is kept and what is allocated. A program has one allocator, and this one's counts for each test what its own threads do.

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
