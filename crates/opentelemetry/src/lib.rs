//! Exports the spans of actors through the OpenTelemetry SDK, and continues OpenTelemetry's current span.
//!
//! Add one line at the start of the program:
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
//! It has three effects:
//!
//! * The span of a message goes through that provider, with all its processors, its limits and its resource.
//! * A message that is sent outside of any actor continues OpenTelemetry's current span (`Context::current()`, which
//!   `tracing-opentelemetry` also sets). A message that is sent in a handler continues the handler's span, or a span
//!   that was opened below it.
//! * The span of a sampled message is OpenTelemetry's current span while the message is handled. Spans that `tracing`,
//!   reqwest, sqlx or tonic record become its children.
//!
//! # Lost spans
//!
//! [`BatchProcessor`] is the SDK's batch processor with a count of the result for each span. If an endpoint does not answer, it reports that at most once a minute, with the endpoint, the protocol and the number of lost spans. The SDK's own processor reports nothing unless a `tracing` subscriber listens to its internal events. To get the same reports from the SDK's processor, wrap the exporter in [`reported`]: `.with_batch_exporter(otel::reported(exporter))`.
//!
//! # Baggage as attributes
//!
//! [`BaggageKeys`] selects baggage keys that become attributes of spans: those of messages, and all others that the
//! provider creates with [`ActorSampler`].
//!
//! ```
//! use traced_actor_opentelemetry::BaggageKeys;
//!
//! BaggageKeys::new(["tenant", "priority"]).install()?; // beside `install`
//! # Ok::<(), traced_actor_opentelemetry::BaggageKeysError>(())
//! ```
//!
//! # With a provider, or directly
//!
//! | | [`install`] | [`install_direct`] |
//! |---|---|---|
//! | path of a message's span | through a tracer of the provider | directly to a span processor |
//! | resource, scope, limits, sampled flag | the provider's | applied by [`DirectRecorder`], from the same environment |
//! | length of texts | not limited by the SDK | `OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT` |
//! | processors | several, with `on_start` and `on_end` | one, `on_end` only |
//! | sampler, ids | the actors', by [`ActorSampler`] and [`ActorIdGenerator`]; or the provider's own | the actors' |
//! | `Context::current()` in a handler | the message's span | the message's span |
//! | other spans | through the same provider | through a provider that feeds the same processor |
//!
//! Start with [`install`]. Use [`install_direct`] if you sample so many messages that the cost of a span matters, and
//! no processor needs `on_start`.
//!
//! Among the crates of this project that run in a program, only this one uses OpenTelemetry types. The exceptions are
//! the features `opentelemetry` of `traced-actor-console` and `traced-actor-sampling`.
#![cfg_attr(docsrs, feature(doc_cfg))]

mod baggage;
mod batch;
mod connected;
mod context;
mod current;
mod direct;
mod finished;
mod follow;
#[cfg(feature = "otlp")]
mod from_env;
mod metrics;
mod propagator;
mod recorder;
mod said;
pub mod testkit;

use std::fmt;

use opentelemetry::global;
use opentelemetry_sdk::trace::{SdkTracerProvider, TracerProviderBuilder};

use traced_actor::record::{self, Recorder};
use traced_actor::sampling::{self, EnvError};

pub use batch::{
    BatchProcessor, BatchProcessorBuilder, ExportCounts, ExportLoss, ReportedExporter, reported,
};
pub use connected::Connected;
pub use direct::{DirectRecorder, DirectRecorderBuilder, DropCounts};
pub use finished::finished_span;
pub use follow::{ActorIdGenerator, ActorSampler};
#[cfg(feature = "otlp")]
pub use from_env::{EnvWarning, FromEnv, Pipeline};
pub use metrics::{observe_counters, observe_export};
pub use propagator::{ExtractorCarrier, InjectorCarrier, Propagator};
pub use recorder::ProviderRecorder;
pub use traced_actor_propagation::{BaggageCounts, BaggageKeys, BaggageKeysError};

/// Builds a provider that follows the actors' sampling decisions, and records spans through it.
///
/// * The process-wide sampler is set from `OTEL_TRACES_SAMPLER`, unless
///   [`set_sampler`](traced_actor::sampling::set_sampler) was called before. It also decides about spans that do not
///   belong to a message. A sampler that was set on `builder` is replaced.
/// * The provider becomes OpenTelemetry's global provider. Call `shutdown` on the returned handle at the end of the
///   program.
///
/// # Errors
///
/// Returns an error if a recorder is already installed, or if the environment names a sampler that does not exist.
pub fn install(builder: TracerProviderBuilder) -> Result<SdkTracerProvider, InstallError> {
    // A sampler that is already set is the user's choice.
    let _ = sampling::set_sampler(sampling::from_env()?);
    install_built(builder)
}

/// Builds a provider that follows the current sampler, makes it the global one, and records through it.
fn install_built(builder: TracerProviderBuilder) -> Result<SdkTracerProvider, InstallError> {
    let provider = builder.with_sampler(ActorSampler).with_id_generator(ActorIdGenerator::default()).build();
    install_provider(&provider)?;
    global::set_tracer_provider(provider.clone());
    Ok(provider)
}

/// Records spans through a provider that you have built.
///
/// The provider's own sampler has the last word about each root. If it drops a root, the message counts as dropped for
/// the reason `recorder`. To keep the actors' decisions, build the provider with the sampler [`ActorSampler`].
///
/// # Errors
///
/// Returns an error if a recorder is already installed.
pub fn install_provider(provider: &SdkTracerProvider) -> Result<(), InstallError> {
    record::install(ProviderRecorder::new(provider)).map_err(|_| InstallError::AlreadyInstalled)
}

/// Records the spans of messages through `direct`, and all other spans through the returned provider.
///
/// * The sampler is the same as for [`install`], for messages and for all other spans.
/// * The provider becomes OpenTelemetry's global provider. It has the processor, resource and limits of `direct`. Its
///   `force_flush` and `shutdown` apply to the processor, and so to all spans.
///
/// If you already have a provider for the other spans, install `direct` alone with [`record::install`].
///
/// # Errors
///
/// Returns an error if a recorder is already installed, or if the environment names a sampler that does not exist.
pub fn install_direct(direct: &DirectRecorder) -> Result<SdkTracerProvider, InstallError> {
    install_beside(direct.clone(), direct)
}

/// Records messages through any recorder, and all other spans through the returned provider.
///
/// Works like [`install_direct`], with `recorder` instead of `direct` for messages. While a message is handled, its
/// span is OpenTelemetry's current one ([`Connected`]). The recorder exports its own spans. It can pass them to
/// [`DirectRecorder::export`].
///
/// # Errors
///
/// Returns an error if a recorder is already installed, or if the environment names a sampler that does not exist.
pub fn install_connected(
    recorder: impl Recorder + 'static,
    direct: &DirectRecorder,
) -> Result<SdkTracerProvider, InstallError> {
    install_beside(Connected::new(recorder), direct)
}

fn install_beside(
    recorder: impl Recorder + 'static,
    direct: &DirectRecorder,
) -> Result<SdkTracerProvider, InstallError> {
    // A sampler that is already set is the user's choice.
    let _ = sampling::set_sampler(sampling::from_env()?);
    record::install(recorder).map_err(|_| InstallError::AlreadyInstalled)?;
    let provider = SdkTracerProvider::builder()
        .with_resource(direct.resource().clone())
        .with_span_limits(direct.span_limits())
        .with_span_processor(direct.clone())
        .with_sampler(ActorSampler)
        .with_id_generator(ActorIdGenerator::default())
        .build();
    global::set_tracer_provider(provider.clone());
    Ok(provider)
}

/// The error of installing a recorder.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum InstallError {
    /// A recorder is already installed. A process has only one.
    AlreadyInstalled,
    /// The environment names a sampler that does not exist.
    Sampler(EnvError),
    /// No exporter could be built, for this reason. Only returned by `FromEnv`.
    Exporter(String),
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
            Self::Exporter(reason) => write!(f, "no exporter could be built: {reason}"),
        }
    }
}

impl std::error::Error for InstallError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::AlreadyInstalled | Self::Exporter(_) => None,
            Self::Sampler(error) => Some(error),
        }
    }
}

/// Tests the examples of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
