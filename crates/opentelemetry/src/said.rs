//! Messages of this crate on the standard error stream, as far as `OTEL_LOG_LEVEL` lets them through.

use std::fmt;
use std::io::Write;

/// The values of `OTEL_LOG_LEVEL`, from the one that says least.
#[cfg(feature = "otlp")]
pub(crate) const LEVELS: [&str; 10] =
    ["none", "off", "error", "warn", "warning", "info", "debug", "trace", "verbose", "all"];

/// The severity of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Level {
    /// Spans were lost.
    Error,
    /// A variable of the environment is not used.
    #[cfg(feature = "otlp")]
    Warn,
}

impl Level {
    /// Returns whether this value of `OTEL_LOG_LEVEL` allows the message. An unknown value is ignored.
    fn is_said_at(self, value: &str) -> bool {
        match value.to_ascii_lowercase().as_str() {
            "none" | "off" => false,
            "error" => self == Self::Error,
            _ => true,
        }
    }
}

/// Writes a line to the standard error stream.
pub(crate) fn say(level: Level, what: &dyn fmt::Display) {
    let is_said =
        std::env::var_os("OTEL_LOG_LEVEL").is_none_or(|value| level.is_said_at(&value.to_string_lossy()));
    if is_said {
        // A standard error stream that is closed is no reason to panic.
        writeln!(std::io::stderr(), "traced-actor: {what}").ok();
    }
}

#[cfg(all(test, feature = "otlp"))]
mod tests {
    use super::*;

    #[test]
    fn a_level_leaves_out_what_matters_less() {
        for (value, error, warning) in [
            ("none", false, false),
            ("OFF", false, false),
            ("Error", true, false),
            ("warn", true, true),
            ("debug", true, true),
        ] {
            assert_eq!(
                (Level::Error.is_said_at(value), Level::Warn.is_said_at(value)),
                (error, warning),
                "{value}"
            );
        }
        assert!(Level::Warn.is_said_at("loud") && Level::Warn.is_said_at(""), "the default holds");
    }
}
