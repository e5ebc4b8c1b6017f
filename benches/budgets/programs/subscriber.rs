//! `tracing` with tracing-opentelemetry, switched off by sampling or on.

use opentelemetry::trace::TracerProvider as _;
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider};
use tracing_subscriber::layer::SubscriberExt as _;

use super::provider;

/// Installs the provider of [`provider::install`], and a subscriber for `tracing`'s spans, none of which is sampled.
pub(crate) fn install_off() {
    provider::install();
    let provider = SdkTracerProvider::builder()
        .with_sampler(Sampler::AlwaysOff)
        .with_span_processor(provider::processor())
        .build();
    install(&provider);
}

/// Installs the provider of [`provider::install`], and a subscriber that records through the same provider.
pub(crate) fn install_on() {
    provider::install();
    install(provider::provider());
}

fn install(provider: &SdkTracerProvider) {
    let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("tracing"));
    let subscriber = tracing_subscriber::registry().with(layer);
    tracing::subscriber::set_global_default(subscriber).expect("nothing else is installed in this process");
}
