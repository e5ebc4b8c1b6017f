//! Parses the query of a URL.

use std::str::FromStr;

use crate::store::nanos_of_millis;

/// The decoded pairs of a query.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Query(Vec<(String, String)>);

/// The maximum number of pairs that are read.
const PAIRS: usize = 32;

impl Query {
    pub(crate) fn parse(query: &str) -> Self {
        let pair = |pair: &str| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode(name), decode(value))
        };
        Self(query.split('&').filter(|pair| !pair.is_empty()).take(PAIRS).map(pair).collect())
    }

    /// Returns a value if it is not empty.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.trim())
            .filter(|value| !value.is_empty())
    }

    pub(crate) fn owned(&self, name: &str) -> Option<String> {
        self.text(name).map(str::to_owned)
    }

    pub(crate) fn number<T: FromStr>(&self, name: &str) -> Option<T> {
        self.text(name)?.parse().ok()
    }

    /// Returns milliseconds as nanoseconds.
    pub(crate) fn millis(&self, name: &str) -> Option<u64> {
        nanos_of_millis(self.number(name)?)
    }

    pub(crate) fn is_set(&self, name: &str) -> bool {
        matches!(self.text(name), Some("1" | "true" | "yes" | "on"))
    }
}

/// Decodes percent signs and pluses. Invalid UTF-8 becomes the replacement character.
pub(crate) fn decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        match first {
            b'+' => bytes.push(b' '),
            b'%' if let Some(byte) = after.get(..2).and_then(hex) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            other => bytes.push(*other),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn hex(digits: &[u8]) -> Option<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    Some(digit(digits[0])? << 4 | digit(digits[1])?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_decoded() {
        let query = Query::parse("a=1&attribute=channel%3D%f0%9f%a6%80+x&empty=&b&bad=%zz%4&c=%ff");
        assert_eq!(query.number::<u8>("a"), Some(1));
        assert_eq!(query.text("attribute"), Some("channel=🦀 x"));
        assert_eq!((query.text("empty"), query.text("b")), (None, None));
        assert_eq!((query.text("bad"), query.text("c")), (Some("%zz%4"), Some("\u{fffd}")));
        assert_eq!(Query::parse("ms=1.5").millis("ms"), Some(1_500_000));
        for odd in ["ms=-1", "ms=NaN", "ms=x", "ms="] {
            assert_eq!(Query::parse(odd).millis("ms"), None, "{odd}");
        }
        assert_eq!(Query::parse("ms=1e300").millis("ms"), Some(u64::MAX));
        assert_eq!(Query::parse(&"a=1&".repeat(100_000)).0.len(), PAIRS);
    }
}
