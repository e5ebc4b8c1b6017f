//! The limits of a span: the number of attributes, events and links, and the length of texts.

use opentelemetry::{Array, KeyValue, Value};
use opentelemetry_sdk::trace::SpanLimits;

/// The limits of a span. Data that exceeds them is dropped, and counted in the span.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    pub(crate) counts: SpanLimits,
    /// The maximum number of characters in each text of an attribute's value.
    pub(crate) value_length: Option<usize>,
}

impl Limits {
    /// Reads the variables that [OpenTelemetry's specification][env] defines. A variable that is unset or not a number
    /// is ignored.
    ///
    /// [env]: https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/#attribute-limits
    pub(crate) fn read(variable: impl Fn(&str) -> Option<String>) -> Self {
        let count = |name: &str| variable(name)?.trim().parse().ok();
        let length = |name: &str| variable(name)?.trim().parse().ok();
        let mut counts = SpanLimits::default();
        let attributes = count("OTEL_ATTRIBUTE_COUNT_LIMIT");
        for (name, general, limit) in [
            ("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", attributes, &mut counts.max_attributes_per_span),
            ("OTEL_SPAN_EVENT_COUNT_LIMIT", None, &mut counts.max_events_per_span),
            ("OTEL_SPAN_LINK_COUNT_LIMIT", None, &mut counts.max_links_per_span),
            ("OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT", attributes, &mut counts.max_attributes_per_event),
            ("OTEL_LINK_ATTRIBUTE_COUNT_LIMIT", attributes, &mut counts.max_attributes_per_link),
        ] {
            *limit = count(name).or(general).unwrap_or(*limit);
        }
        let value_length = length("OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT")
            .or_else(|| length("OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT"));
        Self { counts, value_length }
    }

    /// Keeps the first `most` attributes, and limits their texts. Returns the number of dropped ones.
    pub(super) fn apply(&self, attributes: &mut Vec<KeyValue>, most: u32) -> u32 {
        let beyond = keep_first(attributes, most);
        if self.value_length.is_some() {
            for attribute in attributes {
                self.shorten(attribute);
            }
        }
        beyond
    }

    /// Truncates every text of the value to the limit.
    pub(crate) fn shorten(&self, attribute: &mut KeyValue) {
        let Some(limit) = self.value_length else { return };
        let texts = match &mut attribute.value {
            Value::String(text) => std::slice::from_mut(text),
            Value::Array(Array::String(texts)) => texts,
            _ => return,
        };
        for text in texts {
            if let Some(short) = cut(text.as_str(), limit) {
                *text = short.to_owned().into();
            }
        }
    }
}

/// Keeps the first `most` entries. Returns the number of dropped ones.
pub(super) fn keep_first<T>(all: &mut Vec<T>, most: u32) -> u32 {
    let beyond = all.len().saturating_sub(most as usize);
    all.truncate(most as usize);
    u32::try_from(beyond).unwrap_or(u32::MAX)
}

/// Returns the first `limit` characters, or `None` if there are no more than that.
fn cut(text: &str, limit: usize) -> Option<&str> {
    // A character has at least one byte, so most texts need not be counted.
    if text.len() <= limit {
        return None;
    }
    text.char_indices().nth(limit).map(|(end, _)| &text[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Limits {
        Limits::read(|name| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        })
    }

    fn all(limits: &Limits) -> [u32; 5] {
        let counts = limits.counts;
        [
            counts.max_attributes_per_span,
            counts.max_events_per_span,
            counts.max_links_per_span,
            counts.max_attributes_per_event,
            counts.max_attributes_per_link,
        ]
    }

    #[test]
    fn the_defaults_are_the_specification_s() {
        let limits = read(&[]);
        assert_eq!((all(&limits), limits.value_length), ([128; 5], None));
    }

    #[test]
    fn each_variable_sets_its_limit() {
        let limits = read(&[
            ("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "1"),
            ("OTEL_SPAN_EVENT_COUNT_LIMIT", "2"),
            ("OTEL_SPAN_LINK_COUNT_LIMIT", "3"),
            ("OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT", "4"),
            ("OTEL_LINK_ATTRIBUTE_COUNT_LIMIT", "0"),
            ("OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT", "7"),
        ]);
        assert_eq!((all(&limits), limits.value_length), ([1, 2, 3, 4, 0], Some(7)));
    }

    #[test]
    fn a_general_variable_gives_way_to_the_one_for_spans() {
        let general = ("OTEL_ATTRIBUTE_COUNT_LIMIT", "9");
        assert_eq!(all(&read(&[general])), [9, 128, 128, 9, 9]);
        let both = read(&[general, ("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "5")]);
        assert_eq!(all(&both), [5, 128, 128, 9, 9]);

        let general = ("OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", "9");
        assert_eq!(read(&[general]).value_length, Some(9));
        let both = read(&[general, ("OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT", "5")]);
        assert_eq!(both.value_length, Some(5));
    }

    #[test]
    fn what_is_no_number_says_nothing() {
        for value in ["", "many", "-1", "1.5"] {
            assert_eq!(all(&read(&[("OTEL_SPAN_LINK_COUNT_LIMIT", value)])), [128; 5], "{value}");
        }
    }

    #[test]
    fn a_text_is_cut_by_characters_and_nothing_else_is() {
        let limits = Limits { value_length: Some(2), ..read(&[]) };
        let value = |value: Value| {
            let mut attribute = KeyValue::new("key", value);
            limits.shorten(&mut attribute);
            attribute.value
        };
        assert_eq!(value("äöü".into()), "äö".into());
        assert_eq!(value("äö".into()), "äö".into());
        assert_eq!(value(12345.into()), 12345.into());
        let texts = |texts: [&'static str; 3]| Value::Array(Array::String(texts.map(Into::into).into()));
        assert_eq!(value(texts(["abc", "é", ""])), texts(["ab", "é", ""]));
    }
}
