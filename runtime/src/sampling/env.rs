//! `OTEL_TRACES_SAMPLER` and `OTEL_TRACES_SAMPLER_ARG`, as OpenTelemetry defines them.

use std::fmt;

mod jaeger;

use super::{AlwaysOff, AlwaysOn, ParentBased, Ratio, Sampler};

/// A sampler setting that cannot be used. Its text says what was set, where, and what to write instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnvError {
    variable: &'static str,
    value: String,
    expected: &'static str,
}

const SAMPLER: &str = "OTEL_TRACES_SAMPLER";
const ARGUMENT: &str = "OTEL_TRACES_SAMPLER_ARG";

/// The sampler that the environment names, as [OpenTelemetry says][spec].
///
/// | `OTEL_TRACES_SAMPLER` | `OTEL_TRACES_SAMPLER_ARG` |
/// |---|---|
/// | `always_on`, `always_off`, `parentbased_always_on` (the default), `parentbased_always_off` | not looked at |
/// | `traceidratio`, `parentbased_traceidratio` | the share, from 0 to 1; without it 1 |
/// | `jaeger_remote`, `parentbased_jaeger_remote` | `endpoint=http://localhost:5778/sampling,pollingIntervalMs=60000,initialSamplingRate=0.001`, each of which may be left out |
/// | `xray` | an error: this crate does not speak to the X-Ray daemon |
///
/// The service that a Jaeger server is asked about is the one of `OTEL_SERVICE_NAME`, or of `service.name` in
/// `OTEL_RESOURCE_ATTRIBUTES`, or `unknown_service`. Asking needs the feature `jaeger-remote`, and goes on as long as the
/// sampler lives. OpenTelemetry has gRPC there; this crate asks over HTTP, port 5778 of Jaeger's.
///
/// # Errors
///
/// When a variable has a value that is not understood.
///
/// [spec]: https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/#general-sdk-configuration
pub fn from_env() -> Result<Box<dyn Sampler>, EnvError> {
    parse(read(SAMPLER).as_deref(), read(ARGUMENT).as_deref())
}

fn read(variable: &str) -> Option<String> {
    std::env::var_os(variable).map(|value| value.to_string_lossy().into_owned())
}

/// The sampler for these values of the two variables.
///
/// # Errors
///
/// As [`from_env`].
pub fn parse(sampler: Option<&str>, argument: Option<&str>) -> Result<Box<dyn Sampler>, EnvError> {
    let name = sampler.map(str::trim).filter(|name| !name.is_empty()).unwrap_or("parentbased_always_on");
    let argument = argument.map(str::trim).filter(|text| !text.is_empty());
    Ok(match name {
        "always_on" => Box::new(AlwaysOn),
        "always_off" => Box::new(AlwaysOff),
        "traceidratio" => Box::new(ratio(argument)?),
        "jaeger_remote" => Box::new(jaeger::sampler(argument)?),
        "parentbased_always_on" => Box::new(ParentBased::new(AlwaysOn)),
        "parentbased_always_off" => Box::new(ParentBased::new(AlwaysOff)),
        "parentbased_traceidratio" => Box::new(ParentBased::new(ratio(argument)?)),
        "parentbased_jaeger_remote" => Box::new(ParentBased::new(jaeger::sampler(argument)?)),
        _ => {
            // X-Ray's is a standard value, and still none that this crate has.
            return Err(EnvError { variable: SAMPLER, value: name.to_owned(), expected: NAMES });
        }
    })
}

const NAMES: &str = "one of always_on, always_off, traceidratio, jaeger_remote, parentbased_always_on, \
                     parentbased_always_off, parentbased_traceidratio, parentbased_jaeger_remote (of OpenTelemetry's \
                     values, `xray` is not supported)";

fn ratio(argument: Option<&str>) -> Result<Ratio, EnvError> {
    argument.map_or(Some(1.0), share).map(Ratio::new).ok_or_else(|| EnvError {
        variable: ARGUMENT,
        value: argument.unwrap_or_default().to_owned(),
        expected: "a probability from 0 to 1, like 0.25",
    })
}

fn share(text: &str) -> Option<f64> {
    text.parse().ok().filter(|share| (0.0..=1.0).contains(share))
}

impl fmt::Display for EnvError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { variable, value, expected } = self;
        write!(f, "{variable} is `{}`: write {expected}", value.escape_debug())
    }
}

impl std::error::Error for EnvError {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Kind;
    use crate::context::{State, TraceId};
    use crate::sampling::{Decision, Operation};

    static KIND: Kind = Kind::new("Post");

    fn keeps(sampler: &dyn Sampler, parent: State<'_>, id: u128) -> bool {
        let operation = Operation { parent, ..Operation::root("Guild", &KIND, TraceId::new(id).unwrap()) };
        matches!(sampler.sample(&operation), Decision::Keep { .. })
    }

    /// Columns: a root with low randomness, a root with high randomness, an unsampled parent.
    #[test]
    fn every_standard_value_means_what_the_specification_says() {
        let (low, high) = (1, (1 << 56) - 1);
        let cases = [
            (None, None, [true, true, false]),
            (Some(""), None, [true, true, false]),
            (Some("always_on"), None, [true, true, true]),
            (Some("always_off"), None, [false, false, false]),
            (Some("traceidratio"), Some("0.5"), [false, true, false]),
            (Some("traceidratio"), None, [true, true, true]),
            (Some("parentbased_always_on"), None, [true, true, false]),
            (Some("parentbased_always_off"), None, [false, false, false]),
            (Some("parentbased_traceidratio"), Some("0.5"), [false, true, false]),
        ];
        for (name, argument, expected) in cases {
            let sampler = parse(name, argument).unwrap();
            let unsampled = keeps(&*sampler, State::Unsampled, low);
            let found =
                [keeps(&*sampler, State::Absent, low), keeps(&*sampler, State::Absent, high), unsampled];
            assert_eq!(found, expected, "{name:?} {argument:?}");
        }
    }

    #[test]
    fn a_wrong_value_is_an_error_that_says_what_to_write() {
        let text = |name, argument| parse(name, argument).err().unwrap().to_string();
        assert_eq!(
            text(Some("sometimes"), None),
            "OTEL_TRACES_SAMPLER is `sometimes`: write one of always_on, always_off, traceidratio, jaeger_remote, \
             parentbased_always_on, parentbased_always_off, parentbased_traceidratio, parentbased_jaeger_remote (of \
             OpenTelemetry's values, `xray` is not supported)"
        );
        assert!(text(Some("xray"), None).contains("`xray`: write one of always_on, "));
        for argument in ["-0.1", "1.1", "NaN", "half"] {
            assert_eq!(
                text(Some("traceidratio"), Some(argument)),
                format!(
                    "OTEL_TRACES_SAMPLER_ARG is `{argument}`: write a probability from 0 to 1, like 0.25"
                )
            );
        }
    }
}
