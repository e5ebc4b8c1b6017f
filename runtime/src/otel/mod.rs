//! Spans through the OpenTelemetry SDK, and OpenTelemetry's current context in both directions.
//!
//! One line at the start of the program:
//!
//! ```
//! use opentelemetry_sdk::trace::SdkTracerProvider;
//!
//! # fn main() -> Result<(), traced_actor::otel::InstallError> {
//! let provider = traced_actor::otel::install(
//!     SdkTracerProvider::builder(), // .with_batch_exporter(…), .with_resource(…)
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
//! This is the only module that names an OpenTelemetry type.

mod baggage;
#[cfg(feature = "console")]
mod console;
mod context;
mod finished;
mod follow;
mod metrics;
mod propagator;
mod recorder;

use std::fmt;

use opentelemetry::global;
use opentelemetry_sdk::trace::{SdkTracerProvider, TracerProviderBuilder};

use crate::record;
use crate::sampling::{self, EnvError};

pub use finished::finished_span;
pub use follow::{FollowActors, IdsOfActors};
pub use metrics::observe_counters;
pub use propagator::{FromExtractor, Propagator, ToInjector};
pub use recorder::ProviderRecorder;

/// Builds the provider so that it follows the actors' sampling decisions, and records through it.
///
/// * The process-wide sampler becomes what `OTEL_TRACES_SAMPLER` says, unless
///   [`set_sampler`](crate::sampling::set_sampler) was called before; it decides for spans that are no
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
    record::install(ProviderRecorder::new(provider)).map_err(|_| InstallError::AlreadyInstalled)?;
    sampling::leave_to_recorder();
    Ok(())
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
