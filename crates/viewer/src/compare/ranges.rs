//! Ranges of numbers.
//!
//! Single values of a duration, a length or an id say little, since few of them repeat.

/// An attribute with no more values than these needs no ranges.
const SINGLE: usize = 8;
/// An attribute of numbers with fractions and more values than these has ranges alone.
const FRACTIONS: usize = 64;
/// The shares of the values that lie below the bounds.
const SHARES: [f64; 8] = [0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99];
/// The maximum number of values of an attribute from which its bounds are taken.
const MOST: usize = 1 << 12;

/// The values of an attribute, as long as they are numbers.
#[derive(Debug, Default)]
pub(super) struct Numbers {
    values: Vec<f64>,
    has_text: bool,
    has_fraction: bool,
}

/// The ranges of an attribute.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Ranges {
    /// The bounds, in ascending order.
    pub(super) bounds: Vec<f64>,
    /// Whether single values are no candidates beside the ranges.
    pub(super) are_alone: bool,
}

/// Returns a value as a number, if it is a finite one.
pub(super) fn number(value: &str) -> Option<f64> {
    value.parse().ok().filter(|number: &f64| number.is_finite())
}

impl Numbers {
    pub(super) fn add(&mut self, value: &str) {
        if self.has_text || self.values.len() >= MOST {
            return;
        }
        match number(value) {
            Some(number) => {
                self.has_fraction |= number.fract() != 0.0;
                self.values.push(number);
            }
            None => self.has_text = true,
        }
    }

    pub(super) fn ranges(mut self) -> Ranges {
        self.values.sort_unstable_by(f64::total_cmp);
        let mut distinct = self.values.clone();
        distinct.dedup();
        if self.has_text || distinct.len() <= SINGLE {
            return Ranges::default();
        }
        let mut bounds: Vec<f64> = SHARES.iter().map(|share| self.at(*share)).collect();
        bounds.dedup();
        // No value is below the least one.
        bounds.retain(|bound| *bound > distinct[0]);
        Ranges { bounds, are_alone: self.has_fraction && distinct.len() > FRACTIONS }
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "a place in a list"
    )]
    fn at(&self, share: f64) -> f64 {
        self.values[(self.values.len() as f64 * share) as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ranges<T: ToString>(values: impl IntoIterator<Item = T>) -> Ranges {
        let mut numbers = Numbers::default();
        for value in values {
            numbers.add(&value.to_string());
        }
        numbers.ranges()
    }

    #[test]
    fn bounds_are_quantiles() {
        let expected = [5.0, 10.0, 25.0, 50.0, 75.0, 90.0, 95.0, 99.0];
        assert_eq!(ranges(0..100).bounds, expected);
        assert!(!ranges(0..100).are_alone, "an id of many may be the cause");
        assert!(ranges((0..100).map(|i| f64::from(i) / 3.0)).are_alone);
        // Most are 0: the first bounds are none.
        assert_eq!(ranges((0..100).map(|i: u32| i.saturating_sub(60))).bounds, [15.0, 30.0, 35.0, 39.0]);
    }

    #[test]
    fn few_values_and_texts_have_none() {
        assert_eq!(ranges((0..1000).map(|i| i % 8)), Ranges::default());
        assert_eq!(
            ranges((0..100).map(|i| if i == 50 { "x".into() } else { i.to_string() })),
            Ranges::default()
        );
        for odd in ["NaN", "inf", "", "1e999"] {
            let found = ranges((0..100).map(|i| if i == 50 { odd.to_owned() } else { i.to_string() }));
            assert_eq!(found, Ranges::default(), "{odd}");
        }
        assert_eq!(ranges(Vec::<u32>::new()), Ranges::default());
    }
}
