//! A search in the attributes of spans: `channel=42`, `bytes>=1000`, `!retry`, a name, a text, or an id.

use traced_actor::TraceId;
use traced_actor::record::{FinishedSpan, OwnedAttribute};

use crate::store::StoredTrace;

/// The shortest part of an id that finds it.
const ID_DIGITS: usize = 8;

/// A condition on the attributes of a span.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum AttributeSearch<'a> {
    /// An attribute is this value, or is not.
    Value { name: &'a str, value: &'a str, is_equal: bool },
    /// An attribute is a number in this range.
    Number { name: &'a str, range: Range, bound: f64 },
    /// No attribute has this name.
    Without(&'a str),
    /// A name of an attribute, the beginning of an id, or a part of a text, in any case.
    Text(&'a str),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Range {
    AtLeast,
    AtMost,
    Above,
    Below,
}

impl<'a> AttributeSearch<'a> {
    pub(crate) fn parse(asked: &'a str) -> Self {
        let asked = asked.trim();
        if let Some(name) = asked.strip_prefix('!').filter(|name| is_name(name)) {
            return Self::Without(name.trim());
        }
        Self::parse_comparison(asked).unwrap_or(Self::Text(asked))
    }

    fn parse_comparison(asked: &'a str) -> Option<Self> {
        let at = asked.find(['<', '>', '='])?;
        let (name, rest) = asked.split_at(at);
        if !is_name(name) {
            return None;
        }
        if let Some(value) = rest.strip_prefix('=') {
            let (name, is_equal) = name.strip_suffix('!').map_or((name, true), |name| (name, false));
            return Some(Self::Value { name: name.trim(), value: value.trim(), is_equal });
        }
        let ranges =
            [(">=", Range::AtLeast), ("<=", Range::AtMost), (">", Range::Above), ("<", Range::Below)];
        let (range, value) =
            ranges.into_iter().find_map(|(sign, range)| Some((range, rest.strip_prefix(sign)?)))?;
        let bound = value.trim().parse().ok().filter(|number: &f64| !number.is_nan())?;
        Some(Self::Number { name: name.trim(), range, bound })
    }

    /// Returns whether it holds for a trace, if there is no other condition on its spans.
    pub(crate) fn holds_for_trace(&self, id: TraceId, trace: &StoredTrace) -> bool {
        match self {
            Self::Without(_) => trace.spans.iter().all(|span| self.holds(span)),
            Self::Text(text) if is_start_of(text, &id.to_string()) => true,
            _ => trace.spans.iter().any(|span| self.holds(span)),
        }
    }

    /// Returns whether it holds for a span.
    pub(crate) fn holds(&self, span: &FinishedSpan) -> bool {
        let values = |wanted: &'a str| {
            span.attributes.iter().filter(move |(name, _)| *name == wanted).map(|(_, value)| value)
        };
        match *self {
            Self::Value { name, value, is_equal } => {
                values(name).any(|found| equals(found, value) == is_equal)
            }
            Self::Number { name, range, bound } => {
                values(name).filter_map(number).any(|found| range.has(found, bound))
            }
            Self::Without(name) => values(name).next().is_none(),
            Self::Text(text) => has_text(span, text),
        }
    }
}

impl Range {
    fn has(self, found: f64, bound: f64) -> bool {
        match self {
            Self::AtLeast => found >= bound,
            Self::AtMost => found <= bound,
            Self::Above => found > bound,
            Self::Below => found < bound,
        }
    }
}

fn has_text(span: &FinishedSpan, wanted: &str) -> bool {
    let has = |text: &str| contains(text, wanted);
    let in_value = |value: &OwnedAttribute| match value {
        OwnedAttribute::Str(text) => has(text),
        other => equals(other, wanted),
    };
    has(span.name)
        || span.error.as_deref().is_some_and(has)
        || span.attributes.iter().any(|(name, value)| *name == wanted || in_value(value))
        || is_start_of(wanted, &span.context.span_id.to_string())
}

/// Returns whether a text has another one, in any case of ASCII letters.
fn contains(text: &str, wanted: &str) -> bool {
    wanted.is_empty()
        || text.as_bytes().windows(wanted.len()).any(|part| part.eq_ignore_ascii_case(wanted.as_bytes()))
}

fn is_start_of(wanted: &str, id: &str) -> bool {
    // The page shortens ids with an ellipsis.
    let wanted = wanted.trim_end_matches('…');
    wanted.len() >= ID_DIGITS
        && id.get(..wanted.len()).is_some_and(|start| start.eq_ignore_ascii_case(wanted))
}

fn is_name(text: &str) -> bool {
    !text.trim().is_empty() && !text.trim().contains(char::is_whitespace)
}

/// Returns whether a value, as a text, is this one.
pub(crate) fn equals(found: &OwnedAttribute, wanted: &str) -> bool {
    match found {
        OwnedAttribute::Str(text) => text == wanted,
        other => other.to_string() == wanted,
    }
}

#[expect(clippy::cast_precision_loss, reason = "compared with what a person writes")]
fn number(value: &OwnedAttribute) -> Option<f64> {
    match value {
        OwnedAttribute::Int(number) => Some(*number as f64),
        OwnedAttribute::Float(number) => Some(*number),
        OwnedAttribute::Str(text) => text.parse().ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use traced_actor::context::Timestamp;
    use traced_actor::{SpanId, TraceContext, TraceFlags};

    use super::*;

    fn span() -> FinishedSpan {
        let (trace, id) =
            (TraceId::new(0x4bf9_2f35_77b3_4da6).unwrap(), SpanId::new(0x00f0_67aa_0ba9_02b7).unwrap());
        let context = TraceContext::new(trace, id, TraceFlags::SAMPLED);
        let at = Timestamp::from_unix_nanos;
        let mut span = FinishedSpan::new(context, "Guild/Post", at(1), at(2));
        span.attributes = vec![
            ("channel", 42.into()),
            ("ratio", 0.5.into()),
            ("is_first", true.into()),
            ("text", "a <b> of the Größe = 3".into()),
            ("bytes", "1500".into()),
        ];
        span.error = Some("Timed out".to_owned());
        span
    }

    #[test]
    fn what_is_asked_is_found() {
        for found in [
            "channel=42",
            " channel = 42 ",
            "channel!=43",
            "channel>=42",
            "channel<=42",
            "channel>41.5",
            "channel<43",
            "ratio=0.5",
            "ratio<1",
            "is_first=true",
            "bytes>=1000",
            "channel",
            "!retry",
            "42",
            "timed OUT",
            "GRöße",
            "guild/p",
            "<b>",
            "= 3",
            "text=a <b> of the Größe = 3",
            "00f067aa",
            "00F067AA0BA902B7",
            "00f067aa…",
        ] {
            assert!(AttributeSearch::parse(found).holds(&span()), "{found}");
        }
        for not in [
            "channel=4",
            "channel!=42",
            "retry!=1",
            "channel>42",
            "channel<42",
            "retry>=0",
            "text>=1",
            "!channel",
            "4",
            "chan",
            "of they",
            "00f067a",
            "00f067aa0ba902b70",
            "channel>=x",
            "channel<",
            "ratio=NaN",
            ">=42",
            "!",
        ] {
            assert!(!AttributeSearch::parse(not).holds(&span()), "{not}");
        }
    }

    #[test]
    fn odd_questions_are_texts() {
        for text in ["", "!", "a b<3", "<script>", "x>y", "! not this", "é"] {
            assert_eq!(AttributeSearch::parse(text), AttributeSearch::Text(text));
        }
    }
}
