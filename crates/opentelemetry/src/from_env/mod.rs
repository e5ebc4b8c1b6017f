//! Sets everything up from OpenTelemetry's environment variables.

mod check;
mod value_length;

use std::fmt;
use std::panic::catch_unwind;

use opentelemetry::{KeyValue, global};
use opentelemetry_otlp::{SpanExporter, WithExportConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::resource::ResourceDetector;
use opentelemetry_sdk::trace::SdkTracerProvider;

use super::InstallError;
use super::batch::{BatchProcessor, otlp_variable};
use super::direct::Limits;
use super::propagator::Propagator;
use traced_actor::sampling;
use traced_actor_propagation::baggage::decode;
use traced_actor_propagation::{CompositePropagator, PropagatorError};

pub use check::EnvWarning;
use value_length::ValueLength;

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
/// A value that cannot be used is never an error. It causes a warning on the standard error stream, and the default
/// applies, as the specification says. In contrast, [`install`](super::install) rejects an unknown sampler.
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
    /// The processor, for its counts. `None` if nothing is exported.
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
        Self { detectors: Vec::new(), report: Box::new(|warning| super::batch::say(warning)) }
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
        let batches = if exports(&mut warnings) { Some(batches(&mut warnings)?) } else { None };
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
        Ok(Pipeline { provider: super::install_built(builder)?, batches, warnings })
    }
}

fn variable(name: &str) -> Option<String> {
    std::env::var_os(name).map(|value| value.to_string_lossy().into_owned())
}

fn set(name: &str) -> String {
    variable(name).unwrap_or_default()
}

/// Returns whether spans are exported according to `OTEL_TRACES_EXPORTER`, a list of which only OTLP is supported.
fn exports(warnings: &mut Vec<EnvWarning>) -> bool {
    const NAME: &str = "OTEL_TRACES_EXPORTER";
    let value = set(NAME);
    let names: Vec<&str> = value.split(',').map(str::trim).filter(|name| !name.is_empty()).collect();
    if names == ["none"] {
        return false;
    }
    if names.iter().any(|name| *name != "otlp") {
        warnings.push(EnvWarning::new(NAME, &value, "there is `otlp` and `none` alone; `otlp` is used"));
    }
    true
}

fn batches(warnings: &mut Vec<EnvWarning>) -> Result<BatchProcessor, InstallError> {
    let exporter = built(|| SpanExporter::builder().build()).or_else(|error| {
        // The endpoint is invalid. The exporter rejects nothing else, except a missing runtime.
        let Some((name, value)) = otlp_variable("ENDPOINT") else { return Err(error) };
        let fallback = default_exporter()?;
        warnings.push(EnvWarning::new(&name, &value, format!("{error}; the default is used")));
        Ok(fallback)
    })?;
    Ok(BatchProcessor::new(exporter))
}

/// Returns an exporter to the default endpoint, with the requested protocol.
fn default_exporter() -> Result<SpanExporter, InstallError> {
    #[cfg(feature = "otlp-grpc")]
    if otlp_variable("PROTOCOL").is_some_and(|(_, protocol)| protocol == "grpc") {
        let builder = || SpanExporter::builder().with_tonic().with_endpoint("http://localhost:4317");
        return built(|| builder().build());
    }
    built(|| SpanExporter::builder().with_http().with_endpoint("http://localhost:4318/v1/traces").build())
}

/// Builds an exporter. The one for gRPC panics outside of a tokio runtime.
fn built<E: fmt::Display>(
    build: impl FnOnce() -> Result<SpanExporter, E> + std::panic::UnwindSafe,
) -> Result<SpanExporter, InstallError> {
    match catch_unwind(build) {
        Ok(built) => built.map_err(|error| InstallError::Exporter(error.to_string())),
        Err(_) => Err(InstallError::Exporter("gRPC needs a tokio runtime; call this within one".to_owned())),
    }
}

/// Returns the resource: the results of the detectors, overridden by the variables.
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
