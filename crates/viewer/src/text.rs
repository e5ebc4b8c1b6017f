//! Formats texts. The program `traced-actor-top` includes this file, too.

/// Returns an untrusted text on one line, without characters that control a terminal.
pub(crate) fn plain(text: &str) -> String {
    text.escape_debug().collect()
}

/// Returns a time with three digits.
pub(crate) fn short(seconds: f64) -> String {
    let (unit, value) = match seconds {
        // A value that would be rounded to 1000 belongs to the next unit.
        s if s >= 0.9995 => ("s", s),
        s if s >= 0.9995e-3 => ("ms", s * 1e3),
        s if s >= 0.9995e-6 => ("µs", s * 1e6),
        s => ("ns", s * 1e9),
    };
    let digits = if value >= 99.95 { 0 } else { usize::from(value < 9.995) + 1 };
    format!("{value:.digits$} {unit}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_three_digits() {
        for (seconds, text) in
            [(0.0, "0.00 ns"), (1.5e-6, "1.50 µs"), (0.0123, "12.3 ms"), (0.5, "500 ms"), (930.0, "930 s")]
        {
            assert_eq!(short(seconds), text);
        }
        for (seconds, text) in
            [(9.996e-3, "10.0 ms"), (0.099_96, "100 ms"), (0.999_4, "999 ms"), (0.999_6, "1.00 s")]
        {
            assert_eq!(short(seconds), text, "rounded");
        }
    }
}
