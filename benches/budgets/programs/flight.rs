//! A flight recorder as the programs use it. Whatever it exports is thrown away.

use std::hint::black_box;
use std::sync::OnceLock;
use std::time::Duration;

use opentelemetry_sdk::trace::SdkTracerProvider;
use traced_actor::sampling::{AlwaysOn, ParentBased, Ratio, set_sampler};
use traced_actor_flight::{Flight, FlightBuilder, OtlpResource, TriggerOptions};
use traced_actor_opentelemetry::DirectRecorder;

use super::provider;

static FLIGHT: OnceLock<Flight> = OnceLock::new();

/// Starts the recorder and installs it.
///
/// It looks when it is flushed, between two runs, as the processor of [`provider`] does. Slow messages are no trigger: a machine that
/// is busy would make them so.
fn start(builder: FlightBuilder) {
    let flight = builder
        .triggers(TriggerOptions::default())
        .interval(Duration::from_secs(3600))
        .start()
        .expect("a thread");
    flight.install().expect("nothing else is installed in this process");
    assert!(FLIGHT.set(flight).is_ok(), "a process has one world");
}

/// Installs the provider for what is written by hand.
fn install_provider() {
    provider::set(SdkTracerProvider::builder().with_span_processor(provider::processor()).build());
}

/// Records every message. Nothing is sampled, and nothing wanted.
pub(crate) fn install_recording() {
    set_sampler(ParentBased::new(Ratio::new(0.0))).expect("nothing else is set");
    start(Flight::builder());
}

/// Records every message into so little memory that it is soon overwritten.
pub(crate) fn install_small() {
    set_sampler(ParentBased::new(Ratio::new(0.0))).expect("nothing else is set");
    start(Flight::builder().memory(1 << 20));
}

/// Returns the bytes of records that were overwritten so far, as of the last flush.
pub(crate) fn overwritten() -> u64 {
    FLIGHT.get().expect("the world was set up first").counters().overwritten_bytes
}

/// Samples every message, and makes OTLP of it.
pub(crate) fn install_otlp() {
    set_sampler(AlwaysOn).expect("nothing else is set");
    start(Flight::builder().otlp(&OtlpResource::new("bench"), |batch| drop(black_box(batch))));
    install_provider();
}

/// Samples every message, and makes spans of the SDK of it.
pub(crate) fn install_spans() {
    set_sampler(AlwaysOn).expect("nothing else is set");
    let direct = DirectRecorder::new(provider::processor());
    start(Flight::builder().processor(&direct));
    install_provider();
}

/// Exports what the last run recorded, by all means.
pub(crate) fn flush() {
    FLIGHT.get().expect("the world was set up first").flush();
}
