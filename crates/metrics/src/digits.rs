//! Numbers of 128 bits as texts.
//!
//! The numbers of many JSON readers are not exact beyond 2⁵³, so two different numbers could become equal.

use serde::{Deserialize, Deserializer, Serializer, de};

pub(crate) fn serialize<S: Serializer>(number: &u128, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(number)
}

pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u128, D::Error> {
    String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
}

#[cfg(test)]
mod tests {
    use crate::open_work::OpenHandling;

    #[test]
    fn a_number_is_a_text_in_json() {
        let one = OpenHandling { id: 1 << 60 | 1, ..OpenHandling::default() };
        let text = serde_json::to_string(&one).unwrap();
        assert!(text.contains("\"id\":\"1152921504606846977\""), "{text}");
        assert_eq!(serde_json::from_str::<OpenHandling>(&text).unwrap(), one);
        assert!(serde_json::from_str::<OpenHandling>(&text.replace("1152", "x")).is_err());
    }
}
