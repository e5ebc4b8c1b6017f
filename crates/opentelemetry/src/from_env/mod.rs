//! Sets everything up from OpenTelemetry's environment variables.

mod check;
mod exporters;
#[cfg(feature = "otlp-tls")]
mod tls;
mod value_length;
mod variable;

use std::fmt;

use opentelemetry::{KeyValue, global};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::resource::ResourceDetector;
use opentelemetry_sdk::trace::SdkTracerProvider;
#[cfg(feature = "console")]
use opentelemetry_sdk::trace::SimpleSpanProcessor;

use super::InstallError;
use super::batch::BatchProcessor;
use super::direct::Limits;
use super::propagator::Propagator;
use super::said::{Level, say};
use traced_actor::sampling;
use traced_actor_propagation::baggage::decode;
use traced_actor_propagation::{CompositePropagator, PropagatorError};

pub use check::EnvWarning;
use exporters::Exporters;
use value_length::ValueLength;
use variable::{set, variable};

/// Sets everything up from [OpenTelemetry's environment variables][spec].
///
/// This includes the exporter, the provider, the sampler, the limits, the resource and the propagator.
///
/// ```no_run
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let pipeline = traced_actor_opentelemetry::FromEnv::new().install()?;
/// // … run …
/// pipeline.provider.shutdown()?;
/// # Ok(())
/// # }
/// ```
///
/// A value that cannot be used is never an error: there is a warning on the standard error stream (unless `OTEL_LOG_LEVEL` is `error` or `none`),
/// and the default holds. This is the rule of the specification. [`install`](super::install) in contrast refuses a sampler that does not exist.
///
/// The guide's chapter *In production* has a table of all variables, including unsupported ones. With gRPC, call this
/// within a tokio runtime.
///
/// [spec]: https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/
#[must_use = "nothing is set up before `install`"]
pub struct FromEnv {
    detectors: Vec<Box<dyn ResourceDetector>>,
    report: Box<dyn Fn(&EnvWarning)>,
}

/// A pipeline that [`FromEnv`] has set up.
#[derive(Debug)]
#[non_exhaustive]
pub struct Pipeline {
    /// The provider, which is OpenTelemetry's global one. Shut it down at the end of the program.
    ///
    /// If `OTEL_SDK_DISABLED` is `true`, it records nothing, and no recorder is installed.
    pub provider: SdkTracerProvider,
    /// The processor of OTLP's exporter, for its counts. `None` if there is none.
    pub batches: Option<BatchProcessor>,
    /// The variables that were not used.
    pub warnings: Vec<EnvWarning>,
}

impl Default for FromEnv {
    fn default() -> Self {
        Self::new()
    }
}

impl FromEnv {
    /// Creates a set-up without detectors. Warnings go to the standard error stream.
    pub fn new() -> Self {
        Self { detectors: Vec::new(), report: Box::new(|warning| say(Level::Warn, warning)) }
    }

    /// Adds the results of this detector to the resource.
    ///
    /// The crate `opentelemetry-resource-detectors` has detectors, for example.
    ///
    /// `OTEL_RESOURCE_ATTRIBUTES` and `OTEL_SERVICE_NAME` take precedence.
    pub fn detector(mut self, detector: impl ResourceDetector + 'static) -> Self {
        self.detectors.push(Box::new(detector));
        self
    }

    /// Sets the function that receives the warnings, instead of the standard error stream.
    pub fn report(mut self, report: impl Fn(&EnvWarning) + 'static) -> Self {
        self.report = Box::new(report);
        self
    }

    /// Builds the provider, and records all actors through it, like [`install`](super::install).
    ///
    /// # Errors
    ///
    /// Returns an error if a recorder is already installed, or if no exporter can be built (with gRPC, outside of a
    /// tokio runtime).
    pub fn install(self) -> Result<Pipeline, InstallError> {
        let mut warnings = check::check(variable);
        let propagator = CompositePropagator::from_env().unwrap_or_else(|error: PropagatorError| {
            let reason = format!("{error}; the default is used");
            warnings.push(EnvWarning::new("OTEL_PROPAGATORS", &set("OTEL_PROPAGATORS"), reason));
            CompositePropagator::default()
        });
        global::set_text_map_propagator(Propagator::new(propagator));

        if variable("OTEL_SDK_DISABLED").is_some_and(|value| value.eq_ignore_ascii_case("true")) {
            warnings.iter().for_each(&self.report);
            let provider = SdkTracerProvider::builder().build();
            return Ok(Pipeline { provider, batches: None, warnings });
        }
        let sampler = sampling::from_env().or_else(|error| {
            let (name, argument) = (variable("OTEL_TRACES_SAMPLER"), "OTEL_TRACES_SAMPLER_ARG");
            // The sampler without its argument, if the argument is invalid.
            let sampler = sampling::parse(name.as_deref(), None);
            let wrong = if sampler.is_ok() { argument } else { "OTEL_TRACES_SAMPLER" };
            warnings.push(EnvWarning::new(wrong, &set(wrong), format!("{error}; the default is used")));
            sampler.or_else(|_| sampling::parse(None, None))
        })?;
        let exporters = Exporters::read(&mut warnings);
        let batches = if exporters.otlp { Some(exporters::otlp(&mut warnings)?) } else { None };
        warnings.iter().for_each(&self.report);

        // A sampler that is already set is the user's choice.
        let _ = sampling::set_sampler(sampler);
        let limits = Limits::read(variable);
        let builder = SdkTracerProvider::builder()
            .with_resource(resource(&self.detectors))
            .with_span_limits(limits.counts);
        let builder = match batches.clone() {
            Some(inner) => builder.with_span_processor(ValueLength { limits, inner }),
            None => builder,
        };
        #[cfg(feature = "console")]
        let builder = if exporters.console {
            let inner = SimpleSpanProcessor::new(opentelemetry_stdout::SpanExporter::default());
            builder.with_span_processor(ValueLength { limits, inner })
        } else {
            builder
        };
        Ok(Pipeline { provider: super::install_built(builder)?, batches, warnings })
    }
}

/// Returns the resource: what the detectors find, and above that what the variables say.
fn resource(detectors: &[Box<dyn ResourceDetector>]) -> Resource {
    let mut builder = Resource::builder_empty();
    for detector in detectors {
        let found = detector.detect();
        builder = builder
            .with_attributes(found.iter().map(|(key, value)| KeyValue::new(key.clone(), value.clone())));
    }
    let defaults = Resource::builder().build();
    let defaults = defaults.iter().map(|(key, value)| KeyValue::new(key.clone(), value.clone()));
    builder = builder.with_attributes(defaults);
    // Set again, because the SDK does not decode percent signs, and lets this list name the service even if the other
    // variable does.
    let value = set("OTEL_RESOURCE_ATTRIBUTES");
    let pairs = value.split_terminator(',').filter_map(|pair| pair.split_once('='));
    let pairs = pairs.map(|(key, value)| (key.trim(), decode(value.trim().as_bytes())));
    let pairs = pairs.filter(|(key, _)| !key.is_empty());
    builder =
        builder.with_attributes(pairs.map(|(key, value)| KeyValue::new(key.to_owned(), value.into_owned())));
    let name = set("OTEL_SERVICE_NAME");
    if name.is_empty() { builder.build() } else { builder.with_service_name(name).build() }
}

impl fmt::Debug for FromEnv {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FromEnv").field("detectors", &self.detectors.len()).finish_non_exhaustive()
    }
}
