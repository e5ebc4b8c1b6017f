//! Reads `OTEL_TRACES_SAMPLER` and `OTEL_TRACES_SAMPLER_ARG`, as OpenTelemetry defines them.

use std::fmt;
use std::sync::{PoisonError, RwLock};

use super::{AlwaysOff, AlwaysOn, ParentBased, Ratio, Sampler};

/// The error of an invalid sampler setting. Its text names the variable and its value, and says what to write instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnvError {
    variable: &'static str,
    value: String,
    expected: &'static str,
}

const SAMPLER: &str = "OTEL_TRACES_SAMPLER";
const ARGUMENT: &str = "OTEL_TRACES_SAMPLER_ARG";

/// Creates the sampler that the environment variables name, as [OpenTelemetry specifies][spec].
///
/// | `OTEL_TRACES_SAMPLER` | `OTEL_TRACES_SAMPLER_ARG` |
/// |---|---|
/// | `always_on`, `always_off`, `parentbased_always_on` (the default), `parentbased_always_off` | ignored |
/// | `traceidratio`, `parentbased_traceidratio` | the share, from 0 to 1; the default is 1 |
/// | a [registered](register) name, alone or behind `parentbased_`: `jaeger_remote` of the crate `traced-actor-sampling` | the sampler's own argument |
/// | `xray` | an error: the X-Ray daemon is not supported |
///
/// # Errors
///
/// Returns an error if a variable has an invalid value, or names a sampler of another crate that is not registered.
///
/// [spec]: https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/#general-sdk-configuration
pub fn from_env() -> Result<Box<dyn Sampler>, EnvError> {
    parse(read(SAMPLER).as_deref(), read(ARGUMENT).as_deref())
}

fn read(variable: &str) -> Option<String> {
    std::env::var_os(variable).map(|value| value.to_string_lossy().into_owned())
}

/// A function that creates a sampler from `OTEL_TRACES_SAMPLER_ARG`, or from `None` if that is not set.
type Make = fn(Option<&str>) -> Result<Box<dyn Sampler>, EnvError>;

static REGISTERED: RwLock<Vec<(&'static str, Make)>> = RwLock::new(Vec::new());

/// Registers a sampler of another crate under this name, for [`from_env`] and [`parse`].
///
/// The name can also be used with the prefix `parentbased_`. The names of this crate's samplers cannot be replaced.
/// If a name is registered twice, the later sampler is used.
///
/// ```
/// use traced_actor::sampling::{self, AlwaysOff};
///
/// sampling::register("nothing", |_argument| Ok(Box::new(AlwaysOff)));
/// assert!(sampling::parse(Some("parentbased_nothing"), None).is_ok());
/// ```
pub fn register(name: &'static str, make: Make) {
    let mut registered = REGISTERED.write().unwrap_or_else(PoisonError::into_inner);
    registered.retain(|(known, _)| *known != name);
    registered.push((name, make));
}

fn registered(name: &str) -> Option<Make> {
    let registered = REGISTERED.read().unwrap_or_else(PoisonError::into_inner);
    registered.iter().find(|(known, _)| *known == name).map(|(_, make)| *make)
}

/// Creates the sampler for these values of the two variables.
///
/// # Errors
///
/// Returns an error in the same cases as [`from_env`].
pub fn parse(sampler: Option<&str>, argument: Option<&str>) -> Result<Box<dyn Sampler>, EnvError> {
    let name = sampler.map(str::trim).filter(|name| !name.is_empty()).unwrap_or("parentbased_always_on");
    let argument = argument.map(str::trim).filter(|text| !text.is_empty());
    Ok(match name {
        "always_on" => Box::new(AlwaysOn),
        "always_off" => Box::new(AlwaysOff),
        "traceidratio" => Box::new(ratio(argument)?),
        "parentbased_always_on" => Box::new(ParentBased::new(AlwaysOn)),
        "parentbased_always_off" => Box::new(ParentBased::new(AlwaysOff)),
        "parentbased_traceidratio" => Box::new(ParentBased::new(ratio(argument)?)),
        _ => {
            let root = name.strip_prefix("parentbased_");
            match (registered(root.unwrap_or(name)), root) {
                (Some(make), Some(_)) => Box::new(ParentBased::new(make(argument)?)),
                (Some(make), None) => make(argument)?,
                (None, _) => return Err(unknown(name)),
            }
        }
    })
}

fn unknown(name: &str) -> EnvError {
    let expected = match name {
        "jaeger_remote" | "parentbased_jaeger_remote" => JAEGER,
        // `xray` is a standard value, but this crate has no such sampler.
        _ => NAMES,
    };
    EnvError::new(SAMPLER, name, expected)
}

const JAEGER: &str = "another sampler, or add the crate that asks Jaeger, `cargo add traced-actor-sampling --features \
                      jaeger-remote`, and call `traced_actor_sampling::register()` first thing in `main`";

const NAMES: &str = "one of always_on, always_off, traceidratio, jaeger_remote, parentbased_always_on, \
                     parentbased_always_off, parentbased_traceidratio, parentbased_jaeger_remote (of OpenTelemetry's \
                     values, `xray` is not supported)";

fn ratio(argument: Option<&str>) -> Result<Ratio, EnvError> {
    let share = |text: &str| text.parse().ok().filter(|share| (0.0..=1.0).contains(share));
    let expected = "a probability from 0 to 1, like 0.25";
    let wrong = || EnvError::new(ARGUMENT, argument.unwrap_or_default(), expected);
    argument.map_or(Some(1.0), share).map(Ratio::new).ok_or_else(wrong)
}

impl EnvError {
    /// Creates the error of a variable with an invalid value. `expected` says what to write instead.
    pub fn new(variable: &'static str, value: impl Into<String>, expected: &'static str) -> Self {
        Self { variable, value: value.into(), expected }
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
    use crate::context::{ContextState, TraceId};
    use crate::sampling::{Decision, Operation};

    static KIND: Kind = Kind::new("Post");

    fn keeps(sampler: &dyn Sampler, parent: ContextState<'_>, id: u128) -> bool {
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
            let unsampled = keeps(&*sampler, ContextState::Unsampled, low);
            let found = [
                keeps(&*sampler, ContextState::Absent, low),
                keeps(&*sampler, ContextState::Absent, high),
                unsampled,
            ];
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
        for name in ["jaeger_remote", "parentbased_jaeger_remote"] {
            assert_eq!(
                text(Some(name), Some("endpoint=http://jaeger:5778/sampling")),
                format!(
                    "OTEL_TRACES_SAMPLER is `{name}`: write another sampler, or add the crate that asks Jaeger, `cargo \
                     add traced-actor-sampling --features jaeger-remote`, and call `traced_actor_sampling::register()` \
                     first thing in `main`"
                )
            );
        }
        for argument in ["-0.1", "1.1", "NaN", "half"] {
            assert_eq!(
                text(Some("traceidratio"), Some(argument)),
                format!(
                    "OTEL_TRACES_SAMPLER_ARG is `{argument}`: write a probability from 0 to 1, like 0.25"
                )
            );
        }
    }
    #[test]
    fn a_registered_name_is_known_alone_and_below_a_parent_and_gets_the_argument() {
        register("half", |argument| match argument {
            Some("0.5") => Ok(Box::new(Ratio::new(0.5))),
            other => Err(EnvError::new(ARGUMENT, other.unwrap_or_default(), "0.5")),
        });
        let (low, high) = (1, (1 << 56) - 1);
        for (name, of_unsampled) in [("half", true), ("parentbased_half", false)] {
            let sampler = parse(Some(name), Some("0.5")).unwrap();
            assert!(
                !keeps(&*sampler, ContextState::Absent, low) && keeps(&*sampler, ContextState::Absent, high),
                "{name}"
            );
            assert_eq!(keeps(&*sampler, ContextState::Unsampled, high), of_unsampled, "{name}");
            let text = parse(Some(name), Some("0.7")).err().unwrap().to_string();
            assert_eq!(text, "OTEL_TRACES_SAMPLER_ARG is `0.7`: write 0.5");
        }
    }

    #[test]
    fn nobody_takes_the_name_of_a_sampler_of_this_crate() {
        register("always_off", |_| Ok(Box::new(AlwaysOn)));
        let sampler = parse(Some("always_off"), None).unwrap();
        assert!(!keeps(&*sampler, ContextState::Absent, 1));
    }
}
