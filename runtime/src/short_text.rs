//! Limits the length of untrusted texts in tables. A limited number of entries then takes a limited number of bytes.

use std::borrow::Cow;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::sync::LazyLock;

/// The length in bytes up to which a text is kept unchanged.
pub(crate) const MAX: usize = 128;

/// The number of bytes that are kept from the beginning of a longer text.
const KEPT: usize = 64;

/// Shortens a text to at most 128 bytes, for use as the key of a table.
///
/// A longer text becomes its beginning and a hash of the whole text.
///
/// The hash is stable within a process and cannot be predicted from outside. A table with a limited number of entries
/// then has a limited size in bytes, even with untrusted texts.
///
/// ```
/// use traced_actor::context::shortened;
///
/// assert_eq!(shortened("user 4711"), "user 4711");
/// let (one, other) = ("x".repeat(100_000), "x".repeat(100_001));
/// assert!(shortened(&one).len() <= 128);
/// assert_ne!(shortened(&one), shortened(&other));
/// ```
pub fn shortened(text: &str) -> Cow<'_, str> {
    static HASHER: LazyLock<RandomState> = LazyLock::new(RandomState::new);
    if text.len() <= MAX {
        return Cow::Borrowed(text);
    }
    let end = (0..=KEPT).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
    Cow::Owned(format!("{}…#{:016x}", &text[..end], HASHER.hash_one(text)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_are_short_and_still_differ() {
        let longest = "x".repeat(MAX);
        assert_eq!(shortened(&longest), longest);
        let (one, other) = ("x".repeat(100_000), "x".repeat(100_001));
        let short = shortened(&one);
        assert!(short.len() <= MAX && short.starts_with(&"x".repeat(KEPT)), "{short}");
        assert_eq!(short, shortened(&one));
        assert_ne!(short, shortened(&other));
        // No character is cut.
        let wide = shortened(&"ä€🦀".repeat(50)).into_owned();
        assert!(wide.len() <= MAX && wide.starts_with("ä€🦀"), "{wide}");
    }
}
