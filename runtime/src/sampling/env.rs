//! `OTEL_TRACES_SAMPLER` and `OTEL_TRACES_SAMPLER_ARG`, as OpenTelemetry defines them.

use std::fmt;

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

/// The sampler that the environment names: `always_on`, `always_off`, `traceidratio`, or one of them behind
/// `parentbased_`. Without the variable `parentbased_always_on`, as [OpenTelemetry says][spec].
///
/// # Errors
///
/// When a variable has a value that is not understood.
///
/// [spec]: https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/#general-sdk-configuration
pub fn from_env() -> Result<Box<dyn Sampler>, EnvError> {
    let read = |variable| std::env::var_os(variable).map(|value| value.to_string_lossy().into_owned());
    parse(read(SAMPLER).as_deref(), read(ARGUMENT).as_deref())
}

/// The sampler for these values of the two variables.
///
/// # Errors
///
/// As [`from_env`].
pub fn parse(sampler: Option<&str>, argument: Option<&str>) -> Result<Box<dyn Sampler>, EnvError> {
    let name = sampler.map(str::trim).filter(|name| !name.is_empty()).unwrap_or("parentbased_always_on");
    Ok(match name {
        "always_on" => Box::new(AlwaysOn),
        "always_off" => Box::new(AlwaysOff),
        "traceidratio" => Box::new(ratio(argument)?),
        "parentbased_always_on" => Box::new(ParentBased::new(AlwaysOn)),
        "parentbased_always_off" => Box::new(ParentBased::new(AlwaysOff)),
        "parentbased_traceidratio" => Box::new(ParentBased::new(ratio(argument)?)),
        _ => {
            return Err(EnvError {
                variable: SAMPLER,
                value: name.to_owned(),
                expected: "one of always_on, always_off, traceidratio, parentbased_always_on, \
                           parentbased_always_off, parentbased_traceidratio",
            });
        }
    })
}

fn ratio(argument: Option<&str>) -> Result<Ratio, EnvError> {
    let Some(text) = argument.map(str::trim).filter(|text| !text.is_empty()) else {
        return Ok(Ratio::new(1.0));
    };
    match text.parse::<f64>() {
        Ok(ratio) if (0.0..=1.0).contains(&ratio) => Ok(Ratio::new(ratio)),
        _ => Err(EnvError {
            variable: ARGUMENT,
            value: text.to_owned(),
            expected: "a probability from 0 to 1, like 0.25",
        }),
    }
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
            "OTEL_TRACES_SAMPLER is `sometimes`: write one of always_on, always_off, traceidratio, \
             parentbased_always_on, parentbased_always_off, parentbased_traceidratio"
        );
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
