//! Checks the variables of OpenTelemetry's specification, and warns about unusable values.

use std::fmt;

use crate::batch::MAX_QUEUE_OF_ENV;
use crate::said::LEVELS;
use traced_actor::context::shortened;

/// A variable of the environment whose value is not used.
///
/// Its text names the variable, its value, what is expected, and what is used instead.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct EnvWarning {
    /// The name of the variable.
    pub variable: String,
    /// The value, shortened if it is long.
    pub value: String,
    /// The reason, and what is used instead.
    pub reason: String,
}

impl fmt::Display for EnvWarning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is `{}`: {}", self.variable, self.value.escape_debug(), self.reason)
    }
}

impl EnvWarning {
    pub(super) fn new(variable: &str, value: &str, reason: impl Into<String>) -> Self {
        Self { variable: variable.to_owned(), value: shortened(value).into_owned(), reason: reason.into() }
    }
}

/// The type of a variable's value.
enum Holds {
    Flag,
    /// A whole number.
    Number,
    /// A whole number of spans.
    Spans,
    OneOf(&'static [&'static str]),
    /// `key=value` pairs separated by commas, which may be secret.
    Pairs,
    /// The name of a file.
    #[cfg(feature = "otlp-tls")]
    File,
    /// The variable is not supported.
    Nothing(&'static str),
}

use Holds::{Flag, Nothing, Number, OneOf, Pairs, Spans};

/// `tls.rs` reads the file.
#[cfg(feature = "otlp-tls")]
const FILE: Holds = Holds::File;
#[cfg(not(feature = "otlp-tls"))]
const FILE: Holds =
    Nothing("it is not honoured without the feature `otlp-tls` of `traced-actor-opentelemetry`");

/// The variables that their readers do not check.
///
/// OTLP's names are given without `OTEL_EXPORTER_OTLP_` and `OTEL_EXPORTER_OTLP_TRACES_`.
const VARIABLES: [(&str, Holds); 18] = [
    ("OTEL_SDK_DISABLED", Flag),
    ("OTEL_RESOURCE_ATTRIBUTES", Pairs),
    ("OTEL_BSP_SCHEDULE_DELAY", Number),
    ("OTEL_BSP_EXPORT_TIMEOUT", Number),
    ("OTEL_BSP_MAX_QUEUE_SIZE", Spans),
    ("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", Spans),
    ("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", Number),
    ("OTEL_SPAN_EVENT_COUNT_LIMIT", Number),
    ("OTEL_SPAN_LINK_COUNT_LIMIT", Number),
    ("OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT", Number),
    ("OTEL_LINK_ATTRIBUTE_COUNT_LIMIT", Number),
    ("OTEL_ATTRIBUTE_COUNT_LIMIT", Number),
    ("OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT", Number),
    ("OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", Number),
    ("OTEL_LOG_LEVEL", OneOf(&LEVELS)),
    ("OTEL_CONFIG_FILE", Nothing("it is not honoured; the other variables are")),
    ("OTEL_EXPERIMENTAL_CONFIG_FILE", Nothing("it is not honoured; the other variables are")),
    ("OTEL_SEMCONV_STABILITY_OPT_IN", Nothing("it is not honoured; there is one version of the attributes")),
];

const OTLP: [(&str, Holds); 8] = [
    ("PROTOCOL", OneOf(&["grpc", "http/protobuf", "http/json"])),
    ("COMPRESSION", OneOf(&["none", "gzip", "zstd"])),
    ("TIMEOUT", Number),
    ("INSECURE", Flag),
    ("HEADERS", Pairs),
    ("CERTIFICATE", FILE),
    ("CLIENT_KEY", FILE),
    ("CLIENT_CERTIFICATE", FILE),
];

/// Returns warnings about values of these variables that cannot be used.
pub(super) fn check(variable: impl Fn(&str) -> Option<String>) -> Vec<EnvWarning> {
    let mut warnings = Vec::new();
    let mut check = |name: &str, holds: &Holds| {
        // An empty value counts as unset.
        if let Some(value) = variable(name).filter(|value| !value.is_empty()) {
            warnings.extend(holds.refuse(name, &value));
        }
    };
    for (name, holds) in &VARIABLES {
        check(name, holds);
    }
    for (name, holds) in &OTLP {
        check(&format!("OTEL_EXPORTER_OTLP_{name}"), holds);
        check(&format!("OTEL_EXPORTER_OTLP_TRACES_{name}"), holds);
    }
    warnings
}

impl Holds {
    fn refuse(&self, name: &str, value: &str) -> Option<EnvWarning> {
        let reason = match self {
            Flag if ["true", "false"].iter().any(|known| value.eq_ignore_ascii_case(known)) => return None,
            Flag => "it is neither `true` nor `false`; it counts as `false`".to_owned(),
            Number if value.parse::<u64>().is_ok() => return None,
            Number => "it is not a whole number; the default is used".to_owned(),
            Spans => match value.parse::<u64>() {
                Ok(1..=MAX_QUEUE_OF_ENV) => return None,
                Ok(0) | Err(_) => "it is not a whole number above 0; the default is used".to_owned(),
                Ok(_) => format!("it is more than {MAX_QUEUE_OF_ENV}, which is used"),
            },
            OneOf(known) if known.contains(&value.to_ascii_lowercase().as_str()) => return None,
            OneOf(known) => format!("it is none of {}; the default is used", known.join(", ")),
            Pairs => {
                let bad = value.split_terminator(',').filter(|pair| !pair.contains('=')).count();
                if bad == 0 {
                    return None;
                }
                // Headers contain API keys.
                let reason = format!("{bad} of its entries are not of the form key=value; they are left out");
                return Some(EnvWarning::new(name, "…", reason));
            }
            #[cfg(feature = "otlp-tls")]
            Holds::File => return None,
            Nothing(reason) => (*reason).to_owned(),
        };
        Some(EnvWarning::new(name, value, reason))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn warned(variables: &[(&str, &str)]) -> Vec<String> {
        let read = |name: &str| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        };
        check(read).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn what_can_be_used_is_not_warned_about() {
        let fine = [
            ("OTEL_SDK_DISABLED", "FALSE"),
            ("OTEL_RESOURCE_ATTRIBUTES", "a=1,b=2,"),
            ("OTEL_BSP_MAX_QUEUE_SIZE", "1"),
            ("OTEL_BSP_SCHEDULE_DELAY", "0"),
            ("OTEL_BSP_EXPORT_TIMEOUT", "30000"),
            ("OTEL_LOG_LEVEL", "ERROR"),
            ("OTEL_SPAN_LINK_COUNT_LIMIT", ""),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"),
            ("OTEL_EXPORTER_OTLP_TRACES_COMPRESSION", "GZIP"),
            ("OTEL_EXPORTER_OTLP_HEADERS", "api-key=secret"),
        ];
        assert_eq!(warned(&fine), Vec::<String>::new());
    }

    #[test]
    fn what_cannot_be_used_is_named_with_what_is_used_instead() {
        let rows = [
            (
                "OTEL_SDK_DISABLED",
                "yes",
                "OTEL_SDK_DISABLED is `yes`: it is neither `true` nor `false`; it counts as `false`",
            ),
            (
                "OTEL_BSP_MAX_QUEUE_SIZE",
                "0",
                "OTEL_BSP_MAX_QUEUE_SIZE is `0`: it is not a whole number above 0; the default is used",
            ),
            (
                "OTEL_SPAN_LINK_COUNT_LIMIT",
                "-1",
                "OTEL_SPAN_LINK_COUNT_LIMIT is `-1`: it is not a whole number; the default is used",
            ),
            (
                "OTEL_EXPORTER_OTLP_PROTOCOL",
                "udp",
                "OTEL_EXPORTER_OTLP_PROTOCOL is `udp`: it is none of grpc, http/protobuf, http/json; the default is used",
            ),
            (
                "OTEL_BSP_EXPORT_TIMEOUT",
                "soon",
                "OTEL_BSP_EXPORT_TIMEOUT is `soon`: it is not a whole number; the default is used",
            ),
            (
                "OTEL_LOG_LEVEL",
                "loud",
                "OTEL_LOG_LEVEL is `loud`: it is none of none, off, error, warn, warning, info, debug, trace, verbose, all; the default is used",
            ),
            (
                "OTEL_EXPORTER_OTLP_TRACES_TIMEOUT",
                "5s",
                "OTEL_EXPORTER_OTLP_TRACES_TIMEOUT is `5s`: it is not a whole number; the default is used",
            ),
            (
                "OTEL_EXPORTER_OTLP_HEADERS",
                "secret",
                "OTEL_EXPORTER_OTLP_HEADERS is `…`: 1 of its entries are not of the form key=value; they are left out",
            ),
        ];
        for (name, value, text) in rows {
            assert_eq!(warned(&[(name, value)]), [text]);
        }
        let files = [
            "OTEL_EXPORTER_OTLP_CERTIFICATE",
            "OTEL_EXPORTER_OTLP_TRACES_CLIENT_KEY",
            "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE",
        ];
        let files = files.iter().filter(|_| cfg!(not(feature = "otlp-tls")));
        let others = ["OTEL_CONFIG_FILE", "OTEL_EXPERIMENTAL_CONFIG_FILE", "OTEL_SEMCONV_STABILITY_OPT_IN"];
        for name in others.iter().chain(files) {
            let [warning] = &warned(&[(*name, "1")])[..] else { panic!("{name}") };
            assert!(warning.contains("not honour"), "{warning}");
        }
        let long = warned(&[("OTEL_LOG_LEVEL", &"x".repeat(10_000))]);
        assert!(long[0].len() < 400, "{}", long[0].len());
    }
}
