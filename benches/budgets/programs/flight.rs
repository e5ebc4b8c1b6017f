//! A flight recorder as the programs use it. It discards everything that it exports.

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
/// The collector runs when it is flushed, between two runs, like the processor of [`provider`]. Slow messages are not a
/// trigger, because a busy machine would make messages slow.
fn start(builder: FlightBuilder) {
    let flight = builder
        .triggers(TriggerOptions::default())
        .interval(Duration::from_secs(3600))
        .start()
        .expect("a thread");
    flight.install().expect("nothing else is installed in this process");
    assert!(FLIGHT.set(flight).is_ok(), "a process has one world");
}

/// Installs the provider for the programs by hand.
fn install_provider() {
    provider::set(SdkTracerProvider::builder().with_span_processor(provider::processor()).build());
}

/// Records every message. Nothing is sampled or wanted.
pub(crate) fn install_recording() {
    set_sampler(ParentBased::new(Ratio::new(0.0))).expect("nothing else is set");
    start(Flight::builder());
}

/// Records every message into so little memory that it is soon overwritten.
pub(crate) fn install_small() {
    set_sampler(ParentBased::new(Ratio::new(0.0))).expect("nothing else is set");
    start(Flight::builder().memory(1 << 20));
}

/// Returns the bytes of overwritten records so far, as of the last flush.
pub(crate) fn overwritten() -> u64 {
    FLIGHT.get().expect("the world was set up first").counters().overwritten_bytes
}

/// Samples every message, and encodes it as OTLP.
pub(crate) fn install_otlp() {
    set_sampler(AlwaysOn).expect("nothing else is set");
    start(Flight::builder().otlp(&OtlpResource::new("bench"), |batch| drop(black_box(batch))));
    install_provider();
}

/// Samples every message, and makes a span of the SDK of it.
pub(crate) fn install_spans() {
    set_sampler(AlwaysOn).expect("nothing else is set");
    let direct = DirectRecorder::new(provider::processor());
    start(Flight::builder().processor(&direct));
    install_provider();
}

/// Exports the records of the last run, by all means.
pub(crate) fn flush() {
    FLIGHT.get().expect("the world was set up first").flush();
}
