//! The variants that a decoder expected, for errors.

/// The enum that was being read, and the unknown variant that was found.
#[derive(Debug, Clone, Copy)]
pub struct Expected {
    /// The names of its variants.
    pub variants: &'static [&'static str],
    /// The number that was found, if the format writes numbers.
    pub index: Option<u64>,
}
