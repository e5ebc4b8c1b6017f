//! The exporters that the variables ask for, and how the one of OTLP is built.

use std::panic::catch_unwind;
use std::time::Duration;

use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig};

use super::check::EnvWarning;
#[cfg(feature = "otlp-tls")]
use super::tls::Tls;
use super::variable::{set, variable};
use crate::InstallError;
use crate::batch::{BatchProcessor, otlp_variable};

/// The exporters of `OTEL_TRACES_EXPORTER`.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Exporters {
    pub(super) otlp: bool,
    #[cfg(feature = "console")]
    pub(super) console: bool,
}

impl Exporters {
    /// Reads the list. If none of it is there, it is OTLP.
    pub(super) fn read(warnings: &mut Vec<EnvWarning>) -> Self {
        const NAME: &str = "OTEL_TRACES_EXPORTER";
        let value = set(NAME);
        let names: Vec<&str> = value.split(',').map(str::trim).filter(|name| !name.is_empty()).collect();
        let mut found = Self::default();
        if names == ["none"] {
            return found;
        }
        let mut are_known = true;
        for name in &names {
            match *name {
                "otlp" => found.otlp = true,
                #[cfg(feature = "console")]
                "console" => found.console = true,
                _ => are_known = false,
            }
        }
        #[cfg(feature = "console")]
        let (is_any, known) = (found.otlp || found.console, "`otlp`, `console` and `none` alone");
        #[cfg(not(feature = "console"))]
        let (is_any, known) = (found.otlp, "`otlp` and `none` alone");
        found.otlp |= !is_any;
        if !are_known {
            let used = if found.otlp { "`otlp`" } else { "`console`" };
            warnings.push(EnvWarning::new(NAME, &value, format!("there is {known}; {used} is used")));
        }
        found
    }
}

/// Returns the processor that exports over OTLP.
pub(super) fn otlp(warnings: &mut Vec<EnvWarning>) -> Result<BatchProcessor, InstallError> {
    let settings = Settings {
        protocol: protocol(warnings),
        timeout: timeout(),
        #[cfg(feature = "otlp-tls")]
        tls: Tls::read(warnings),
    };
    let exporter = built(|| settings.exporter(None)).or_else(|error| {
        // An invalid endpoint is the only setting that the exporter refuses, apart from a missing runtime.
        let Some((name, value)) = otlp_variable("ENDPOINT") else { return Err(error) };
        let fallback = built(|| settings.exporter(Some(settings.default_endpoint())))?;
        warnings.push(EnvWarning::new(&name, &value, format!("{error}; the default is used")));
        Ok(fallback)
    })?;
    Ok(BatchProcessor::new(exporter))
}

/// gRPC, if it is built in.
#[cfg(feature = "otlp-grpc")]
const GRPC: Option<Protocol> = Some(Protocol::Grpc);
#[cfg(not(feature = "otlp-grpc"))]
const GRPC: Option<Protocol> = None;

/// HTTP with JSON, if it is built in.
#[cfg(feature = "otlp-json")]
const JSON: Option<Protocol> = Some(Protocol::HttpJson);
#[cfg(not(feature = "otlp-json"))]
const JSON: Option<Protocol> = None;

/// Returns the protocol that is asked for, of those that are built in. The default of the exporter depends on its features.
fn protocol(warnings: &mut Vec<EnvWarning>) -> Protocol {
    for name in ["OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"] {
        let Some(value) = variable(name).filter(|value| !value.is_empty()) else { continue };
        let (built_in, feature) = match value.to_ascii_lowercase().as_str() {
            "http/protobuf" => (Some(Protocol::HttpBinary), ""),
            "grpc" => (GRPC, "otlp-grpc"),
            "http/json" => (JSON, "otlp-json"),
            // `check` has already warned about any other value.
            _ => continue,
        };
        if let Some(protocol) = built_in {
            return protocol;
        }
        let reason =
            format!("it needs the feature `{feature}` of `traced-actor-opentelemetry`; it is not used");
        warnings.push(EnvWarning::new(name, &value, reason));
    }
    Protocol::HttpBinary
}

/// Returns the time that an export may take.
///
/// This is the exporter's, or that of a batch if it is shorter. The SDK's processor does not look at the latter.
fn timeout() -> Duration {
    let of = |name| variable(name)?.parse::<u64>().ok();
    let exporter = of("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT").or_else(|| of("OTEL_EXPORTER_OTLP_TIMEOUT"));
    let exporter = exporter.unwrap_or(10_000);
    let batch = of("OTEL_BSP_EXPORT_TIMEOUT").filter(|batch| *batch > 0);
    Duration::from_millis(batch.map_or(exporter, |batch| batch.min(exporter)))
}

/// The settings that the exporter does not read by itself.
#[derive(Debug)]
struct Settings {
    protocol: Protocol,
    timeout: Duration,
    #[cfg(feature = "otlp-tls")]
    tls: Tls,
}

impl Settings {
    /// Builds the exporter, to this endpoint or else to that of the environment.
    fn exporter(&self, endpoint: Option<&str>) -> Result<SpanExporter, String> {
        #[cfg(feature = "otlp-grpc")]
        if self.is_grpc() {
            let builder = SpanExporter::builder().with_tonic();
            #[cfg(feature = "otlp-tls")]
            let builder = if self.is_secure() { self.tls.over_grpc(builder) } else { builder };
            return self.set(builder, endpoint).build().map_err(|error| error.to_string());
        }
        let builder = SpanExporter::builder().with_http().with_protocol(self.protocol);
        #[cfg(feature = "otlp-tls")]
        let builder = if self.is_secure() { self.tls.over_http(builder, self.timeout)? } else { builder };
        self.set(builder, endpoint).build().map_err(|error| error.to_string())
    }

    fn set<B: WithExportConfig>(&self, builder: B, endpoint: Option<&str>) -> B {
        let builder = builder.with_timeout(self.timeout);
        if let Some(endpoint) = endpoint { builder.with_endpoint(endpoint) } else { builder }
    }

    fn is_grpc(&self) -> bool {
        GRPC == Some(self.protocol)
    }

    fn default_endpoint(&self) -> &'static str {
        if self.is_grpc() { "http://localhost:4317" } else { "http://localhost:4318/v1/traces" }
    }

    /// Returns whether the endpoint is one of TLS.
    #[cfg(feature = "otlp-tls")]
    fn is_secure(&self) -> bool {
        let Some((_, endpoint)) = otlp_variable("ENDPOINT") else { return false };
        let is_insecure =
            || otlp_variable("INSECURE").is_some_and(|(_, value)| value.eq_ignore_ascii_case("true"));
        match endpoint.split_once("://") {
            Some((scheme, _)) => scheme.eq_ignore_ascii_case("https"),
            None => self.is_grpc() && !is_insecure(),
        }
    }
}

/// Builds an exporter. That of gRPC panics outside of a tokio runtime.
fn built(
    build: impl FnOnce() -> Result<SpanExporter, String> + std::panic::UnwindSafe,
) -> Result<SpanExporter, InstallError> {
    match catch_unwind(build) {
        Ok(built) => built.map_err(InstallError::Exporter),
        Err(_) => Err(InstallError::Exporter("gRPC needs a tokio runtime; call this within one".to_owned())),
    }
}
