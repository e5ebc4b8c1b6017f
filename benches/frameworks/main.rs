//! A message through each framework, and beside hotpath: `cargo bench -p traced-actor-bench-frameworks [-- --quick] [FILTER…]`.
//!
//! A file for each framework, with the same actors as the budgets' programs: a gateway that orders, and a guild that takes posts.
//! A framework's file has a set for what is not sampled, one for what is, and one for the bytes between nodes, if it has nodes:
//!
//! * the framework alone, and with our adapter, both with no subscriber of `tracing` ([`untraced`](world::untraced));
//! * with its own tracing, under tracing-opentelemetry.

mod hotpath;
mod kameo;
mod metrics;
mod ractor;
mod world;

// The code of the budgets, so that figures can be compared.
#[path = "../budgets/programs/provider.rs"]
mod provider;
#[path = "../budgets/programs/subscriber.rs"]
mod subscriber;
#[path = "../budgets/programs/work.rs"]
mod work;

#[global_allocator]
static ALLOCATOR: traced_actor_benches::allocations::Counting =
    traced_actor_benches::allocations::Counting::new();

fn main() -> std::process::ExitCode {
    traced_actor_benches::main(
        "frameworks",
        &[
            ractor::UNSAMPLED,
            ractor::SAMPLED,
            ractor::REMOTE,
            kameo::UNSAMPLED,
            kameo::SAMPLED,
            hotpath::CHANNELS,
            metrics::OFF,
            metrics::ON,
            metrics::UNLISTED,
            metrics::SOME,
        ],
    )
}
