//! Metrics, compared with those of other crates: `cargo bench --manifest-path benches/rivals/Cargo.toml [-- --quick]
//! [FILTER…]`.
//!
//! The same actors as the budgets' programs: a gateway that orders, and a guild that takes posts. What a rival's metrics add is the
//! difference of two rows, since each has one recorder for a process, or counts always.

mod elfo;
mod kameo;
mod ours;

// The code of the budgets, so that figures can be compared.
#[allow(dead_code, reason = "a part of it is needed")]
#[path = "../budgets/programs/provider.rs"]
mod provider;
#[allow(dead_code, reason = "a part of it is needed")]
#[path = "../budgets/programs/work.rs"]
mod work;

#[global_allocator]
static ALLOCATOR: traced_actor_benches::allocations::Counting =
    traced_actor_benches::allocations::Counting::new();

fn main() -> std::process::ExitCode {
    traced_actor_benches::main("rivals", &[ours::METRICS, elfo::OFF, elfo::ON, kameo::CONSOLE])
}
