//! Medians and quartiles.

/// Returns the middle value, or the mean of the two in the middle. NaN if there are none.
#[must_use]
pub fn median(values: &[f64]) -> f64 {
    quantile(values, 0.5)
}

/// Returns the value below which the share `of` of all values lies, interpolated. NaN if there are none.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "an index into a few hundred values"
)]
pub(crate) fn quantile(values: &[f64], of: f64) -> f64 {
    if values.is_empty() {
        return f64::NAN;
    }
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let place = of * (sorted.len() - 1) as f64;
    let (below, above) = (sorted[place.floor() as usize], sorted[place.ceil() as usize]);
    // Not interpolated if both are equal, since they may be infinite.
    if below.total_cmp(&above).is_eq() { below } else { below + (above - below) * place.fract() }
}
