//! Formats texts for a terminal: measures, cuts, wraps and sanitizes them. Also formats numbers.

use std::borrow::Cow;
use std::time::Duration;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Returns the number of columns that `text` takes.
pub(super) fn columns(text: &str) -> usize {
    text.width()
}

/// Returns `text`, or as much of it as fits, followed by `…`.
pub(super) fn cut(text: &str, room: usize) -> Cow<'_, str> {
    if columns(text) <= room {
        return text.into();
    }
    let kept = fitting(text, room.saturating_sub(1));
    format!("{kept}…").into()
}

/// Returns the longest beginning of `text` that takes at most `room` columns.
fn fitting(text: &str, room: usize) -> &str {
    let mut taken = 0;
    let end = text.char_indices().find(|(_, c)| {
        taken += c.width().unwrap_or(0);
        taken > room
    });
    end.map_or(text, |(at, _)| &text[..at])
}

/// Returns `text` in lines of at most `room` columns, broken between words if possible.
///
/// If there are more than `most` lines, the last one ends with a `…`.
pub(super) fn wrap(text: &str, room: usize, most: usize) -> Vec<String> {
    // A character may take two columns.
    let room = room.max(2);
    let mut lines = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        if lines.len() + 1 == most {
            lines.push(cut(rest, room).into_owned());
            break;
        }
        let mut line = fitting(rest, room);
        if line.len() < rest.len() && !rest[line.len()..].starts_with(' ') {
            // In the middle of a word: back to its start, unless the word starts the line.
            line = line.rfind(' ').map_or(line, |at| &line[..at]);
        }
        lines.push(line.trim_end().to_owned());
        rest = rest[line.len()..].trim_start();
    }
    lines
}

/// Returns `text` without characters that control a terminal.
///
/// Line breaks become spaces. Other control characters, and marks that change the direction of writing, become `�`.
pub(super) fn harmless(text: &str) -> Cow<'_, str> {
    let tame = |c: char| match c {
        '\n' | '\r' | '\t' => ' ',
        '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => '\u{fffd}',
        c if c.is_control() => '\u{fffd}',
        c => c,
    };
    if text.chars().all(|c| tame(c) == c) {
        text.into()
    } else {
        text.chars().map(tame).collect::<String>().into()
    }
}

/// Formats a duration with three digits and a unit, such as `1.50 ms`. It takes at most seven columns up to a year.
pub(super) fn duration(duration: Duration) -> String {
    if duration < Duration::from_micros(1) {
        return format!("{} ns", duration.as_nanos());
    }
    let seconds = duration.as_secs_f64();
    let (value, unit) = match seconds {
        // A value that would be rounded to 1000 belongs to the next unit.
        s if s < 999.5e-6 => (s * 1e6, "µs"),
        s if s < 999.5e-3 => (s * 1e3, "ms"),
        s if s < 99_999.5 => (s, "s"),
        s => (s / 3600.0, "h"),
    };
    match value {
        v if v < 9.995 => format!("{v:.2} {unit}"),
        v if v < 99.95 => format!("{v:.1} {unit}"),
        v => format!("{v:.0} {unit}"),
    }
}

/// Formats a number with commas between thousands.
pub(super) fn number(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Formats a count: `1 span`, `2,000 spans`.
pub(super) fn count(n: usize, one: &str) -> String {
    format!("{} {one}{}", number(n as u64), if n == 1 { "" } else { "s" })
}

/// Formats how many messages a span with this probability stands for: `×1,000`. Returns `None` for one.
pub(super) fn weight(probability: f64) -> Option<String> {
    if !(probability > 0.0 && probability < 1.0) {
        return None;
    }
    let weight = 1.0 / probability;
    let whole = weight.round();
    Some(if (weight - whole).abs() > 1e-6 * weight {
        format!("×{weight:.1}")
    } else if whole < 1e15 {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 1 and 10^15")]
        let whole = whole as u64;
        format!("×{}", number(whole))
    } else {
        format!("×{weight:.0e}")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_by_columns_and_not_by_bytes() {
        assert_eq!(cut("Guild/Post", 10), "Guild/Post");
        assert_eq!(cut("Guild/Post", 9), "Guild/Po…");
        assert_eq!(cut("ギルド/投稿", 11), "ギルド/投稿");
        assert_eq!(cut("ギルド/投稿", 10), "ギルド/投…"); // 9 columns and one for the ellipsis
        assert_eq!(cut("ギルド", 4), "ギ…"); // half a character does not fit
        assert_eq!(cut("x", 0), "…");
    }

    #[test]
    fn lines_break_between_words() {
        assert_eq!(wrap("the quick brown fox", 9, 9), ["the quick", "brown fox"]);
        assert_eq!(wrap("the quick brown fox", 10, 9), ["the quick", "brown fox"]);
        assert_eq!(wrap("incomprehensibilities", 8, 9), ["incompre", "hensibil", "ities"]);
        assert_eq!(wrap("a bb ccc dddd", 4, 2), ["a bb", "ccc…"]);
        assert_eq!(wrap("  ", 4, 2), Vec::<String>::new());
        assert_eq!(wrap("ギル", 0, 9), ["ギ", "ル"]);
    }

    #[test]
    fn what_a_terminal_would_obey_is_taken_out() {
        assert_eq!(harmless("two\r\nlines"), "two  lines");
        assert_eq!(harmless("\u{1b}[31mred\u{9b}0m"), "\u{fffd}[31mred\u{fffd}0m");
        assert_eq!(harmless("user\u{202e}nimda"), "user\u{fffd}nimda");
        assert!(matches!(harmless("grüße"), Cow::Borrowed("grüße")));
    }

    #[test]
    fn durations_take_seven_columns() {
        let texts = [
            (0, "0 ns"),
            (999, "999 ns"),
            (1_000, "1.00 µs"),
            (9_994, "9.99 µs"),
            (9_996, "10.0 µs"),
            (99_949, "99.9 µs"),
            (99_951, "100 µs"),
            (999_499, "999 µs"),
            (999_501, "1.00 ms"),
            (1_234_567, "1.23 ms"),
            (60_000_000_000, "60.0 s"),
            (99_999_000_000_000, "99999 s"),
            (100_000_000_000_000, "27.8 h"),
        ];
        for (nanos, text) in texts {
            assert_eq!(duration(Duration::from_nanos(nanos)), text, "{nanos}");
            assert!(columns(text) <= 7);
        }
    }

    #[test]
    fn weights_are_whole_where_they_can_be() {
        assert_eq!(weight(0.001).as_deref(), Some("×1,000"));
        assert_eq!(weight(0.1 * 0.01).as_deref(), Some("×1,000"));
        assert_eq!(weight(10.0 / 37.0).as_deref(), Some("×3.7"));
        assert_eq!(weight(1e-18).as_deref(), Some("×1e18"));
        for none in [1.0, 0.0, -1.0, 2.0, f64::NAN, f64::INFINITY] {
            assert_eq!(weight(none), None, "{none}");
        }
    }

    #[test]
    fn numbers_are_grouped() {
        let texts = [(0, "0"), (999, "999"), (1_000, "1,000"), (1_234_567, "1,234,567")];
        for (n, text) in texts {
            assert_eq!(number(n), text);
        }
        assert_eq!(count(1, "span"), "1 span");
        assert_eq!(count(2_000, "span"), "2,000 spans");
    }
}
