//! What a decoder expected, for errors.

/// The enum that was being read, and what stood in the place of its variant.
#[derive(Debug, Clone, Copy)]
pub struct Expected {
    /// The names of its variants.
    pub variants: &'static [&'static str],
    /// The number found, where the format writes numbers.
    pub index: Option<u64>,
}
