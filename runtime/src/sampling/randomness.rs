//! The 56 random bits that all consistently sampling services use to decide about a trace.

use crate::context::TraceId;

/// The number of bits.
pub(super) const BITS: u32 = 56;
/// The number of possible values: one more than the largest.
pub(super) const RANGE: u64 = 1 << BITS;
/// The exact number of hex digits of an explicit randomness.
const DIGITS: usize = BITS as usize / 4;

/// Returns the right-most 56 bits of the trace id.
#[inline]
#[expect(clippy::cast_possible_truncation, reason = "the lower bits are what is wanted")]
pub(super) const fn of_trace(id: TraceId) -> u64 {
    id.get() as u64 & (RANGE - 1)
}

/// Returns the explicit randomness of a `tracestate`: 14 hex digits in `ot=rv:…` ([OpenTelemetry][spec]).
///
/// [spec]: https://opentelemetry.io/docs/specs/otel/trace/tracestate-handling/#explicit-randomness-value-rv
#[cold]
pub(super) fn explicit(tracestate: &str) -> Option<u64> {
    let ours = tracestate.split(',').find_map(|member| member.trim().strip_prefix("ot="))?;
    let digits = ours.split(';').find_map(|part| part.strip_prefix("rv:"))?;
    let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    if digits.len() != DIGITS || !digits.bytes().all(is_digit) {
        return None;
    }
    u64::from_str_radix(digits, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_explicit_value_has_exactly_14_lower_case_digits() {
        assert_eq!(explicit("ot=rv:00000000000001"), Some(1));
        assert_eq!(explicit("a=b, ot=th:8;rv:ffffffffffffff ,c=d"), Some(RANGE - 1));
        let refused =
            ["ot=rv:0000000000001", "ot=rv:000000000000001", "ot=rv:FFFFFFFFFFFFFF", "ot=rv:+0000000000001"];
        for list in refused.iter().chain(&["ot=th:8", "xot=rv:00000000000001", ""]) {
            assert_eq!(explicit(list), None, "{list}");
        }
    }
}
