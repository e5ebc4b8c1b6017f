//! Lower-case hex of a fixed length, eight digits at a time within one 64-bit word.

const ONES: u64 = 0x0101_0101_0101_0101;

/// Eight lower-case hex digits as a number, and zero if they were that. No branch, so that several of them are
/// checked together.
#[inline]
const fn word(digits: [u8; 8]) -> (u32, u64) {
    let digits = u64::from_be_bytes(digits);
    // Bit 6 tells letters (0x61..=0x66) from digits (0x30..=0x39).
    let letter = digits >> 6 & ONES;
    let nibbles = (digits & (0x0f * ONES)) + 9 * letter;
    // The upper half is 3 for digits and 6 for letters; a letter's value is 10..=15, and a digit's is not.
    let upper = digits & (0xf0 * ONES) ^ (0x30 * ONES + 0x30 * letter);
    let value = nibbles & (0xf0 * ONES) | (nibbles + 6 * ONES) >> 4 & ONES ^ letter;
    let pairs = (nibbles | nibbles >> 4) & 0x00ff_00ff_00ff_00ff;
    let quads = (pairs | pairs >> 8) & 0x0000_ffff_0000_ffff;
    #[expect(clippy::cast_possible_truncation, reason = "the four bytes are the lower ones")]
    let number = (quads | quads >> 16) as u32;
    (number, upper | value)
}

/// Sixteen lower-case hex digits as a number, and zero if they were that.
#[inline]
fn double_word(digits: &[u8; 16]) -> (u64, u64) {
    let (Some(high), Some(low)) = (digits.first_chunk(), digits.last_chunk()) else { return (0, 1) };
    let ((high, one), (low, other)) = (word(*high), word(*low));
    (u64::from(high) << 32 | u64::from(low), one | other)
}

/// Sixteen lower-case hex digits.
#[inline]
pub(super) fn u64_from(digits: &[u8; 16]) -> Option<u64> {
    let (value, defects) = double_word(digits);
    (defects == 0).then_some(value)
}

/// Thirty-two lower-case hex digits.
#[inline]
pub(super) fn u128_from(digits: &[u8; 32]) -> Option<u128> {
    let ((high, one), (low, other)) = (double_word(digits.first_chunk()?), double_word(digits.last_chunk()?));
    (one | other == 0).then_some(u128::from(high) << 64 | u128::from(low))
}

/// The value of each byte that is a lower-case hex digit, and `NONE`.
const VALUES: [u8; 256] = {
    let mut values = [NONE; 256];
    let mut value = 0;
    while value < 16 {
        values[b"0123456789abcdef"[value as usize] as usize] = value;
        value += 1;
    }
    values
};

const NONE: u8 = 0xff;

/// One lower-case hex digit.
#[inline]
pub(super) const fn digit(digit: u8) -> Option<u8> {
    match VALUES[digit as usize] {
        NONE => None,
        value => Some(value),
    }
}

/// Two lower-case hex digits.
#[inline]
pub(super) fn u8_from([high, low]: [u8; 2]) -> Option<u8> {
    Some(digit(high)? << 4 | digit(low)?)
}

/// One to 32 hex digits of either case, for the formats that allow fewer digits and upper case.
pub(super) fn padded(digits: &[u8]) -> Option<u128> {
    if digits.is_empty() || digits.len() > 32 {
        return None;
    }
    let mut value = 0;
    for digit in digits {
        value = value << 4 | u128::from(self::digit(digit.to_ascii_lowercase())?);
    }
    Some(value)
}

/// A number as sixteen hex digits.
#[inline]
pub(super) fn from_u64(value: u64) -> [u8; 16] {
    let mut digits = [0; 16];
    #[expect(clippy::cast_possible_truncation, reason = "the two halves")]
    let (high, low) = (chars((value >> 32) as u32), chars(value as u32));
    digits[..8].copy_from_slice(&high);
    digits[8..].copy_from_slice(&low);
    digits
}

/// A number as 32 hex digits.
#[inline]
pub(super) fn from_u128(value: u128) -> [u8; 32] {
    let mut digits = [0; 32];
    #[expect(clippy::cast_possible_truncation, reason = "the two halves")]
    let (high, low) = (from_u64((value >> 64) as u64), from_u64(value as u64));
    digits[..16].copy_from_slice(&high);
    digits[16..].copy_from_slice(&low);
    digits
}

/// [`word`] backwards.
#[inline]
const fn chars(value: u32) -> [u8; 8] {
    let quads = (value as u64 | (value as u64) << 16) & 0x0000_ffff_0000_ffff;
    let pairs = (quads | quads << 8) & 0x00ff_00ff_00ff_00ff;
    let nibbles = (pairs | pairs << 4) & (0x0f * ONES);
    let letter = (nibbles + 6 * ONES) >> 4 & ONES;
    (nibbles + 0x30 * ONES + 0x27 * letter).to_be_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each of the 256 bytes, at each place, against the rule as it is written.
    #[test]
    fn every_byte_at_every_place_is_judged_by_the_rule() {
        for place in 0..16 {
            for byte in 0..=255 {
                let mut digits = *b"0123456789abcdef";
                digits[place] = byte;
                let expected = digits.iter().try_fold(0_u64, |value, byte| {
                    let digit = b"0123456789abcdef".iter().position(|digit| digit == byte)?;
                    Some(value << 4 | digit as u64)
                });
                assert_eq!(u64_from(&digits), expected, "{byte:#x} at {place}");
            }
        }
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
    }

    #[test]
    fn fewer_digits_are_padded_on_the_left() {
        assert_eq!(padded(b"Ab1"), Some(0xab1));
        assert_eq!(padded(&[b'f'; 32]), Some(u128::MAX));
        assert_eq!(padded(&[b'f'; 33]), None);
        assert_eq!(padded(b""), None);
        assert_eq!(padded(b"+1"), None);
    }
}
