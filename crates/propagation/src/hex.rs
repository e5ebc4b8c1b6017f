//! Hex digits of other formats than W3C's: of a fixed length, or of up to a number of digits in either case.

/// Returns the value of one lower-case digit.
pub(crate) const fn digit(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    }
}

/// Returns the value of at most 32 lower-case digits.
pub(crate) fn lower(digits: &[u8]) -> Option<u128> {
    digits.iter().try_fold(0, |value, next| Some(value << 4 | u128::from(digit(*next)?)))
}

/// Returns the value of 16 lower-case digits.
pub(crate) fn u64_from(digits: &[u8; 16]) -> Option<u64> {
    lower(digits)?.try_into().ok()
}

/// Returns the value of 32 lower-case digits.
pub(crate) fn u128_from(digits: &[u8; 32]) -> Option<u128> {
    lower(digits)
}

/// Returns the value of 1 to 32 digits of either case.
pub(crate) fn padded(digits: &[u8]) -> Option<u128> {
    if digits.is_empty() || digits.len() > 32 {
        return None;
    }
    digits.iter().try_fold(0, |value, next| Some(value << 4 | u128::from(digit(next.to_ascii_lowercase())?)))
}

/// Returns a number as 16 digits.
pub(crate) fn from_u64(value: u64) -> [u8; 16] {
    let mut digits = [0; 16];
    write(value.into(), &mut digits);
    digits
}

/// Returns a number as 32 digits.
pub(crate) fn from_u128(value: u128) -> [u8; 32] {
    let mut digits = [0; 32];
    write(value, &mut digits);
    digits
}

fn write(mut value: u128, digits: &mut [u8]) {
    for digit in digits.iter_mut().rev() {
        *digit = b"0123456789abcdef"[(value & 0xf) as usize];
        value >>= 4;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fewer_digits_are_padded_on_the_left() {
        assert_eq!(padded(b"Ab1"), Some(0xab1));
        assert_eq!(padded(&[b'f'; 32]), Some(u128::MAX));
        assert_eq!(padded(&[b'f'; 33]), None);
        assert_eq!(padded(b""), None);
        assert_eq!(padded(b"+1"), None);
    }

    #[test]
    fn a_number_is_read_as_it_was_written() {
        for value in [0, 1, 0x0123_4567_89ab_cdef, u64::MAX] {
            assert_eq!(from_u64(value), *format!("{value:016x}").as_bytes());
            assert_eq!(u64_from(&from_u64(value)), Some(value));
        }
        let wide = 0x0af7_6519_16cd_43dd_8448_eb21_1c80_319c;
        assert_eq!(from_u128(wide), *b"0af7651916cd43dd8448eb211c80319c");
        assert_eq!(u128_from(&from_u128(wide)), Some(wide));
        assert_eq!(u64_from(b"0123456789ABCDEF"), None);
    }
}
