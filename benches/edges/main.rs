//! A request through a layer, and headers of brokers: `cargo bench -p traced-actor-bench-edges [-- --quick] [FILTER…]`.
//!
//! * `http.rs`: a request with a `traceparent` and its answer, through our layer, through those of others, and through none;
//! * `headers.rs`: a context into the headers of NATS and Kafka, and out of them.

mod headers;
mod http;

// The code of the budgets, so that figures can be compared.
#[path = "../budgets/programs/provider.rs"]
mod provider;
#[path = "../budgets/programs/subscriber.rs"]
mod subscriber;
#[path = "../frameworks/world.rs"]
mod world;

#[global_allocator]
static ALLOCATOR: traced_actor_benches::allocations::Counting =
    traced_actor_benches::allocations::Counting::new();

fn main() -> std::process::ExitCode {
    traced_actor_benches::main("edges", &[http::UNSAMPLED, http::SAMPLED, headers::HEADERS])
}

const SAMPLED: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
const UNSAMPLED: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00";
