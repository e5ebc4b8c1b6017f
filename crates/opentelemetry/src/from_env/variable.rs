//! The values of variables.

/// Returns the value of a variable, if it is set.
pub(super) fn variable(name: &str) -> Option<String> {
    std::env::var_os(name).map(|value| value.to_string_lossy().into_owned())
}

/// Returns the value of a variable, or an empty text.
pub(super) fn set(name: &str) -> String {
    variable(name).unwrap_or_default()
}
