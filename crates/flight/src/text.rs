//! Stores texts as words.

/// Returns the beginning of a text, with at most `most` bytes.
pub(crate) fn cut(text: &str, most: usize) -> &str {
    if text.len() <= most {
        return text;
    }
    let mut end = most;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// Returns the bytes of a text as words. The last one is padded with zeros.
#[inline]
pub(crate) fn words(text: &str) -> impl Iterator<Item = u64> {
    let (words, rest) = text.as_bytes().as_chunks::<8>();
    let last = (!rest.is_empty()).then(|| {
        let mut last = [0; 8];
        last[..rest.len()].copy_from_slice(rest);
        u64::from_le_bytes(last)
    });
    words.iter().map(|word| u64::from_le_bytes(*word)).chain(last)
}
