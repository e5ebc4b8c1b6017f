//! Spans through the OpenTelemetry SDK, and OpenTelemetry's current context in both directions.
//!
//! One line at the start of the program:
//!
//! ```
//! use opentelemetry_sdk::trace::SdkTracerProvider;
//!
//! # fn main() -> Result<(), traced_actor_opentelemetry::InstallError> {
//! let provider = traced_actor_opentelemetry::install(
//!     SdkTracerProvider::builder(), // .with_span_processor(BatchProcessor::new(exporter)), .with_resource(…)
//! )?;
//! // … run …
//! provider.shutdown().ok();
//! # Ok(())
//! # }
//! ```
//!
//! From then on
//!
//! * the span of a message goes through that provider, with all its processors, limits and its resource;
//! * what is sent outside of any actor continues OpenTelemetry's current span (`Context::current()`, which
//!   `tracing-opentelemetry` also sets), and inside of a handler the handler's span or a later one below it;
//! * the span of a sampled message is OpenTelemetry's current span while it is handled, so what `tracing`,
//!   reqwest, sqlx or tonic record nests below it.
//!
//! # What does not arrive
//!
//! [`BatchProcessor`] is the SDK's batch processor with a count of what became of each span. Where an endpoint does not
//! answer, it says so once a minute at most, with the endpoint, the protocol and the number of spans that were lost;
//! the SDK's own processor says nothing unless a `tracing` subscriber listens to its internal events. [`reported`] around
//! an exporter says it there, too: `.with_batch_exporter(otel::reported(exporter))`.
//!
//! # Through a provider, or direct
//!
//! | | [`install`] | [`install_direct`] |
//! |---|---|---|
//! | a message's span goes | through a tracer of the provider | straight to a span processor |
//! | resource, scope, limits, sampled flag | the provider's | applied by [`Direct`], from the same environment |
//! | length of texts | not limited by the SDK | `OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT` |
//! | processors | several, with `on_start` and `on_end` | one, `on_end` only |
//! | sampler, ids | the actors', by [`FollowActors`] and [`IdsOfActors`]; or the provider's own | the actors' |
//! | `Context::current()` within a handler | the message's span | the same |
//! | other spans | through the same provider | through a provider that feeds the same processor |
//!
//! Start with the provider. Go direct where many messages are sampled, so that the cost of a span is felt, and no
//! processor needs `on_start`.
//!
//! No other crate of this project that runs in a program names an OpenTelemetry type, but for the features
//! `opentelemetry` of `traced-actor-console` and `traced-actor-sampling`.
#![cfg_attr(docsrs, feature(doc_cfg))]

mod baggage;
mod batch;
mod context;
mod current;
mod direct;
mod finished;
mod follow;
mod metrics;
mod propagator;
mod recorder;
pub mod testkit;

use std::fmt;

use opentelemetry::global;
use opentelemetry_sdk::trace::{SdkTracerProvider, TracerProviderBuilder};

use traced_actor::record;
use traced_actor::sampling::{self, EnvError};

pub use batch::{
    BatchProcessor, BatchProcessorBuilder, ExportCounts, ExportLoss, ReportedExporter, reported,
};
pub use direct::{Direct, DirectBuilder, Dropped};
pub use finished::finished_span;
pub use follow::{FollowActors, IdsOfActors};
pub use metrics::{observe_counters, observe_export};
pub use propagator::{FromExtractor, Propagator, ToInjector};
pub use recorder::ProviderRecorder;

/// Builds the provider so that it follows the actors' sampling decisions, and records through it.
///
/// * The process-wide sampler becomes what `OTEL_TRACES_SAMPLER` says, unless
///   [`set_sampler`](traced_actor::sampling::set_sampler) was called before; it decides for spans that are no
///   message's, too. A sampler that the builder had is replaced.
/// * The provider becomes OpenTelemetry's global one, and is returned to be shut down.
///
/// # Errors
///
/// When a recorder is installed already, or the environment names a sampler that does not exist.
pub fn install(builder: TracerProviderBuilder) -> Result<SdkTracerProvider, InstallError> {
    // A sampler that is set already is the user's choice.
    let _ = sampling::set_sampler(sampling::from_env()?);
    let provider = builder.with_sampler(FollowActors).with_id_generator(IdsOfActors::default()).build();
    install_provider(&provider)?;
    global::set_tracer_provider(provider.clone());
    Ok(provider)
}

/// Records through a provider that was built elsewhere.
///
/// Its own sampler then has the last word about each root: where it says no, a message counts as dropped for
/// the reason `recorder`. Give it [`FollowActors`] to have the actors' decisions stand.
///
/// # Errors
///
/// When a recorder is installed already.
pub fn install_provider(provider: &SdkTracerProvider) -> Result<(), InstallError> {
    record::install(ProviderRecorder::new(provider)).map_err(|_| InstallError::AlreadyInstalled)
}

/// Records the spans of messages through `direct`, and all others through a provider that it returns.
///
/// * The sampler is that of [`install`], for messages and for all other spans.
/// * The provider becomes OpenTelemetry's global one. It has the processor, resource and limits of `direct`; its
///   `force_flush` and `shutdown` are those of the processor, for all spans.
///
/// Where another provider serves the other spans, [`record::install`] installs `direct`
/// alone.
///
/// # Errors
///
/// When a recorder is installed already, or the environment names a sampler that does not exist.
pub fn install_direct(direct: &Direct) -> Result<SdkTracerProvider, InstallError> {
    // A sampler that is set already is the user's choice.
    let _ = sampling::set_sampler(sampling::from_env()?);
    record::install(direct.clone()).map_err(|_| InstallError::AlreadyInstalled)?;
    let provider = SdkTracerProvider::builder()
        .with_resource(direct.resource().clone())
        .with_span_limits(direct.span_limits())
        .with_span_processor(direct.clone())
        .with_sampler(FollowActors)
        .with_id_generator(IdsOfActors::default())
        .build();
    global::set_tracer_provider(provider.clone());
    Ok(provider)
}

/// Why nothing was installed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum InstallError {
    /// Another recorder is installed; a process has one.
    AlreadyInstalled,
    /// The environment names a sampler that does not exist.
    Sampler(EnvError),
}

impl From<EnvError> for InstallError {
    fn from(error: EnvError) -> Self {
        Self::Sampler(error)
    }
}

impl fmt::Display for InstallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AlreadyInstalled => record::AlreadyInstalled.fmt(f),
            Self::Sampler(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for InstallError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::AlreadyInstalled => None,
            Self::Sampler(error) => Some(error),
        }
    }
}

/// The examples of the README are checked.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
