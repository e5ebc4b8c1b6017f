//! Reads and writes lower-case hex of a fixed length, all digits at once.
//!
//! The loops have no branches, so that LLVM compiles them to vector instructions for sixteen digits each (SSE2, NEON).
//! They are separate functions with references as arguments. If they were inlined, LLVM would first split the arrays
//! into scalars, and the result would take five times as many instructions.

/// Returns whether all digits are lower-case hex, and the bytes that they stand for. Overwrites the digits.
#[inline(never)]
pub(super) fn read<const DIGITS: usize, const BYTES: usize>(
    digits: &mut [u8; DIGITS],
    bytes: &mut [u8; BYTES],
) -> bool {
    const { assert!(DIGITS == 2 * BYTES) };
    let mut defects = 0;
    for digit in digits.iter_mut() {
        let (number, letter) = (digit.wrapping_sub(b'0'), digit.wrapping_sub(b'a'));
        defects |= number.saturating_sub(9).min(letter.saturating_sub(5));
        // A digit of one kind is far above 15 when it is treated as one of the other.
        *digit = number.min(letter.wrapping_add(10));
    }
    for (byte, [high, low]) in bytes.iter_mut().zip(digits.as_chunks().0) {
        *byte = high << 4 | low;
    }
    defects == 0
}

/// Reads sixteen lower-case hex digits.
#[inline]
pub(super) fn u64_from(digits: &[u8; 16]) -> Option<u64> {
    let (mut digits, mut bytes) = (*digits, [0; 8]);
    read(&mut digits, &mut bytes).then_some(u64::from_be_bytes(bytes))
}

/// Reads thirty-two lower-case hex digits.
#[inline]
pub(super) fn u128_from(digits: &[u8; 32]) -> Option<u128> {
    let (mut digits, mut bytes) = (*digits, [0; 16]);
    read(&mut digits, &mut bytes).then_some(u128::from_be_bytes(bytes))
}

/// The value of each byte that is a lower-case hex digit, and `NONE` for all others.
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

/// Reads one lower-case hex digit.
#[inline]
pub(super) const fn digit(digit: u8) -> Option<u8> {
    match VALUES[digit as usize] {
        NONE => None,
        value => Some(value),
    }
}

/// Reads two lower-case hex digits.
#[inline]
pub(super) fn u8_from([high, low]: [u8; 2]) -> Option<u8> {
    Some(digit(high)? << 4 | digit(low)?)
}

/// Writes the bytes as lower-case hex digits.
#[inline(never)]
pub(super) fn write<const BYTES: usize, const DIGITS: usize>(bytes: &[u8; BYTES], digits: &mut [u8; DIGITS]) {
    const { assert!(DIGITS == 2 * BYTES) };
    for (digits, byte) in digits.as_chunks_mut().0.iter_mut().zip(bytes) {
        // Both digits in one number, the first one in the low byte.
        let nibbles = u16::from(byte >> 4) | u16::from(byte & 0xf) << 8;
        let letters = (nibbles + 0x0606) >> 4 & 0x0101;
        *digits = (nibbles + 0x3030 + letters * 0x27).to_le_bytes();
    }
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
            let mut digits = [0; 16];
            write(&value.to_be_bytes(), &mut digits);
            assert_eq!(digits, *format!("{value:016x}").as_bytes());
            assert_eq!(u64_from(&digits), Some(value));
        }
        let (wide, mut digits) = (0x0af7_6519_16cd_43dd_8448_eb21_1c80_319c_u128, [0; 32]);
        write(&wide.to_be_bytes(), &mut digits);
        assert_eq!(digits, *b"0af7651916cd43dd8448eb211c80319c");
        assert_eq!(u128_from(&digits), Some(wide));
    }
}
