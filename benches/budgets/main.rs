//! Every budget, subject and baseline side by side: `cargo bench --bench budgets [-- --quick] [FILTER…]`.
//!
//! There is a file for each group of rows. `programs/` has the same small actor in each variant.

mod actix;
mod call;
mod decode;
mod fanout;
mod flight;
mod headers;
mod memory;
mod message;
mod programs;
mod root;
mod scope;

#[global_allocator]
static ALLOCATOR: traced_actor_benches::allocations::Counting =
    traced_actor_benches::allocations::Counting::new();

fn main() -> std::process::ExitCode {
    traced_actor_benches::main(
        "budgets",
        &[
            message::UNSAMPLED,
            message::PEERS,
            message::SAMPLED,
            message::DIRECT,
            message::UNRECORDED,
            message::UNRECORDED_TICKING,
            flight::RECORDED,
            flight::SIZES,
            flight::HISTORY,
            flight::OTLP,
            flight::SPANS,
            scope::IDLE,
            scope::OPEN,
            scope::CURRENT,
            root::ROOTS,
            decode::BARE,
            decode::ALONE,
            decode::BY_HAND,
            decode::ENVELOPED,
            headers::HEADERS,
            fanout::OF_24,
            fanout::OF_32,
            fanout::OF_56,
            fanout::OF_64,
            call::CALLS,
            call::SPAWNED,
            memory::MEMORY,
            actix::UNSAMPLED,
            actix::SAMPLED,
        ],
    )
}
