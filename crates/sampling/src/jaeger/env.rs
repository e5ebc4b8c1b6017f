//! The argument of `jaeger_remote`: `endpoint=…,pollingIntervalMs=…,initialSamplingRate=…`.

use std::time::Duration;

#[cfg(feature = "jaeger-remote")]
use traced_actor::sampling::{Decision, Operation};
use traced_actor::sampling::{EnvError, Sampler, register as register_sampler};

#[cfg(feature = "jaeger-remote")]
use super::{JaegerRemote, PollOptions, Poller, Strategy};

const SAMPLER: &str = "OTEL_TRACES_SAMPLER";
const ARGUMENT: &str = "OTEL_TRACES_SAMPLER_ARG";

/// Adds `jaeger_remote` and `parentbased_jaeger_remote` to the values of `OTEL_TRACES_SAMPLER`.
///
/// Call it first in `main`, before the sampler is read from the environment.
///
/// `OTEL_TRACES_SAMPLER_ARG` has the form that [OpenTelemetry's specification][env] defines:
/// `endpoint=http://localhost:5778/sampling,pollingIntervalMs=60000,initialSamplingRate=0.001`. Each part may be
/// omitted. The name of the service comes from `OTEL_SERVICE_NAME`, or from `service.name` in
/// `OTEL_RESOURCE_ATTRIBUTES`; the default is `unknown_service`. The server is asked as long as the sampler lives.
/// OpenTelemetry's endpoint is gRPC; this crate uses HTTP, port 5778 of Jaeger.
///
/// Without the feature `jaeger-remote`, these values are errors that name the missing feature.
///
/// ```
/// traced_actor_sampling::register();
/// ```
///
/// [env]: https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/#general-sdk-configuration
pub fn register() {
    register_sampler("jaeger_remote", sampler);
}

/// The settings in the argument, with OpenTelemetry's defaults except for the port of HTTP.
#[derive(Debug, PartialEq)]
struct Settings {
    endpoint: String,
    interval: Duration,
    initial: f64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            endpoint: "http://localhost:5778/sampling".into(),
            interval: Duration::from_secs(60),
            initial: 0.001,
        }
    }
}

fn settings(argument: Option<&str>) -> Result<Settings, EnvError> {
    let mut settings = Settings::default();
    let parts = argument.into_iter().flat_map(|text| text.split(',')).map(str::trim);
    for part in parts.filter(|part| !part.is_empty()) {
        let wrong = |expected| EnvError::new(ARGUMENT, part, expected);
        match part.split_once('=').map(|(key, value)| (key.trim(), value.trim())) {
            Some(("endpoint", url)) if is_url(url) => url.clone_into(&mut settings.endpoint),
            Some(("endpoint", _)) => {
                return Err(wrong(
                    "the URL of Jaeger's HTTP endpoint, like endpoint=http://localhost:5778/sampling",
                ));
            }
            Some(("pollingIntervalMs", text)) => {
                let milliseconds = text.parse().ok().filter(|milliseconds| *milliseconds > 0);
                let milliseconds = milliseconds
                    .ok_or_else(|| wrong("a whole number of milliseconds, like pollingIntervalMs=60000"))?;
                settings.interval = Duration::from_millis(milliseconds);
            }
            Some(("initialSamplingRate", text)) => {
                let rate = text.parse().ok().filter(|rate| (0.0..=1.0).contains(rate));
                settings.initial =
                    rate.ok_or_else(|| wrong("a probability from 0 to 1, like initialSamplingRate=0.25"))?;
            }
            _ => {
                return Err(wrong(
                    "endpoint=http://localhost:5778/sampling, pollingIntervalMs=60000 or initialSamplingRate=0.001, \
                     with commas between",
                ));
            }
        }
    }
    Ok(settings)
}

/// Returns whether the text is a plain HTTP URL with a host. A wrong host is noticed at the first request.
fn is_url(text: &str) -> bool {
    text.strip_prefix("http://").is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/'))
}

/// The sampler, and the poller that updates it as long as the sampler lives.
#[cfg(feature = "jaeger-remote")]
struct Polled {
    sampler: JaegerRemote,
    _poller: Poller,
}

#[cfg(feature = "jaeger-remote")]
fn sampler(argument: Option<&str>) -> Result<Box<dyn Sampler>, EnvError> {
    let settings = settings(argument)?;
    let sampler = JaegerRemote::new();
    sampler.apply(&Strategy::Probabilistic(settings.initial));
    let options = PollOptions { interval: settings.interval, ..PollOptions::default() };
    let read = |variable| std::env::var_os(variable).map(|value| value.to_string_lossy().into_owned());
    let service = service(read("OTEL_SERVICE_NAME"), read("OTEL_RESOURCE_ATTRIBUTES"));
    let poller = sampler.poll_with(&settings.endpoint, &service, &options).map_err(|error| {
        let value = format!("jaeger_remote ({error})");
        EnvError::new(SAMPLER, value, "another sampler: there is no thread left to ask Jaeger")
    })?;
    Ok(Box::new(Polled { sampler, _poller: poller }))
}

#[cfg(not(feature = "jaeger-remote"))]
fn sampler(argument: Option<&str>) -> Result<Box<dyn Sampler>, EnvError> {
    settings(argument)?;
    let expected =
        "another sampler, or build the crate traced-actor-sampling with its feature `jaeger-remote`";
    Err(EnvError::new(SAMPLER, "jaeger_remote", expected))
}

/// Returns the service's name, as in OpenTelemetry's resource.
#[cfg(feature = "jaeger-remote")]
fn service(name: Option<String>, attributes: Option<String>) -> String {
    let of_attributes = || {
        let attributes = attributes?;
        let mut members = attributes.split(',').filter_map(|member| member.split_once('='));
        let (_, value) = members.find(|(key, _)| key.trim() == "service.name")?;
        Some(value.trim().to_owned())
    };
    name.filter(|name| !name.is_empty()).or_else(of_attributes).unwrap_or_else(|| "unknown_service".into())
}

#[cfg(feature = "jaeger-remote")]
impl Sampler for Polled {
    fn sample(&self, operation: &Operation<'_>) -> Decision {
        self.sampler.sample(operation)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_may_be_left_out() {
        let of = |argument| settings(argument).unwrap();
        assert_eq!(of(None), Settings::default());
        assert_eq!(of(Some(" , ")), Settings::default());
        let found =
            of(Some("endpoint=http://jaeger:5778/sampling, pollingIntervalMs=5000,initialSamplingRate=0.25"));
        let expected = Settings {
            endpoint: "http://jaeger:5778/sampling".into(),
            interval: Duration::from_secs(5),
            initial: 0.25,
        };
        assert_eq!(found, expected);
    }

    #[test]
    fn a_wrong_part_is_named() {
        let cases = [
            ("http://jaeger:5778", "endpoint=http://localhost:5778/sampling, pollingIntervalMs=60000 or "),
            ("interval=5", "endpoint=http://localhost:5778/sampling, pollingIntervalMs=60000 or "),
            ("endpoint=jaeger:5778", "the URL of Jaeger's HTTP endpoint, like endpoint=http://"),
            ("endpoint=https://jaeger", "the URL of Jaeger's HTTP endpoint, like endpoint=http://"),
            ("endpoint=http://", "the URL of Jaeger's HTTP endpoint, like endpoint=http://"),
            ("pollingIntervalMs=0", "a whole number of milliseconds, like "),
            ("pollingIntervalMs=1.5", "a whole number of milliseconds, like "),
            ("initialSamplingRate=2", "a probability from 0 to 1, like initialSamplingRate=0.25"),
        ];
        for (part, expected) in cases {
            let text = settings(Some(&format!("initialSamplingRate=0.5,{part}"))).unwrap_err().to_string();
            let expected = format!("OTEL_TRACES_SAMPLER_ARG is `{part}`: write {expected}");
            assert!(text.starts_with(&expected), "{text}");
        }
    }

    #[test]
    #[cfg(feature = "jaeger-remote")]
    fn the_service_is_the_resource_s() {
        let of = |name: Option<&str>, attributes: Option<&str>| {
            service(name.map(str::to_owned), attributes.map(str::to_owned))
        };
        assert_eq!(of(Some("chat"), Some("service.name=other")), "chat");
        assert_eq!(of(None, Some("a=b, service.name=chat")), "chat");
        assert_eq!(of(Some(""), Some("a=b")), "unknown_service");
    }
}
