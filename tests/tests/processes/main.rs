//! State of a process: its recorder, its environment, its clock. Each test runs again as a child, alone in a process of
//! its own.

mod baggage;
mod clock;
mod direct;
mod flight;
mod harmless;
mod install;
mod logs;
#[path = "../load/metrics.rs"]
mod metrics;
mod otlp;
mod propagator;
mod reentrant;
mod sampling;
mod tail;
