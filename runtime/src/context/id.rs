//! Trace and span ids. Parsing is strict: the exact length, lower-case hex, never all zero.

use std::fmt;
use std::num::NonZero;
use std::str::FromStr;

/// The id of a trace: 16 bytes, never all zero.
///
/// Displayed and parsed as 32 lower-case hex digits, as [W3C Trace Context][w3c] requires.
///
/// ```
/// use traced_actor::TraceId;
///
/// let id: TraceId = "4bf92f3577b34da6a3ce929d0e0e4736".parse()?;
/// assert_eq!(id.to_string(), "4bf92f3577b34da6a3ce929d0e0e4736");
/// assert!("4BF92F3577B34DA6A3CE929D0E0E4736".parse::<TraceId>().is_err());
/// # Ok::<(), traced_actor::context::ParseIdError>(())
/// ```
///
/// [w3c]: https://www.w3.org/TR/trace-context-2/#trace-id
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TraceId(NonZero<u128>);

/// The id of a span: 8 bytes, never all zero.
///
/// Displayed and parsed as 16 lower-case hex digits (W3C's `parent-id`).
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SpanId(NonZero<u64>);

/// The error of parsing an id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ParseIdError {
    /// The length of the text is not the number of the id's hex digits.
    Length,
    /// A character is not one of `0-9a-f`.
    Digit,
    /// All digits are zero.
    Zero,
}

macro_rules! id {
    ($id:ident, $int:ty, $bytes:literal) => {
        impl $id {
            /// The largest id. It stands for an id that is not known yet.
            pub(crate) const MAX: Self = Self(NonZero::<$int>::MAX);

            /// Creates an id from an integer. Returns `None` for zero, which is not a valid id.
            pub const fn new(value: $int) -> Option<Self> {
                match NonZero::new(value) {
                    Some(value) => Some(Self(value)),
                    None => None,
                }
            }

            /// Creates an id from its bytes, most significant first. Returns `None` if all are zero.
            pub const fn from_bytes(bytes: [u8; $bytes]) -> Option<Self> {
                Self::new(<$int>::from_be_bytes(bytes))
            }

            /// Returns the bytes of the id, most significant first.
            pub const fn to_bytes(self) -> [u8; $bytes] {
                self.0.get().to_be_bytes()
            }

            /// Returns the id as an integer.
            pub const fn get(self) -> $int {
                self.0.get()
            }
        }

        impl FromStr for $id {
            type Err = ParseIdError;

            fn from_str(text: &str) -> Result<Self, ParseIdError> {
                let digits = text.as_bytes();
                if digits.len() != 2 * $bytes {
                    return Err(ParseIdError::Length);
                }
                // Not `from_str_radix`, which accepts a sign, upper case and any length.
                let mut value: $int = 0;
                for digit in digits {
                    let nibble = match digit {
                        b'0'..=b'9' => digit - b'0',
                        b'a'..=b'f' => digit - b'a' + 10,
                        _ => return Err(ParseIdError::Digit),
                    };
                    value = value << 4 | <$int>::from(nibble);
                }
                Self::new(value).ok_or(ParseIdError::Zero)
            }
        }

        impl fmt::Display for $id {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{:0width$x}", self.0, width = 2 * $bytes)
            }
        }

        impl fmt::Debug for $id {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($id), "({})"), self)
            }
        }
    };
}

id!(TraceId, u128, 16);
id!(SpanId, u64, 8);

impl fmt::Display for ParseIdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Length => "an id has exactly 32 (trace) or 16 (span) hex digits",
            Self::Digit => "an id consists of the digits 0-9 and a-f (lower case)",
            Self::Zero => "an id is never all zero",
        })
    }
}

impl std::error::Error for ParseIdError {}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";

    #[test]
    fn an_id_is_written_as_it_was_read() {
        assert_eq!(TRACE.parse::<TraceId>().unwrap().to_string(), TRACE);
        assert_eq!("00000000000000a1".parse::<SpanId>().unwrap().to_string(), "00000000000000a1");
    }

    #[test]
    fn bytes_are_big_endian() {
        let id = SpanId::from_bytes([1, 2, 3, 4, 5, 6, 7, 8]).unwrap();
        assert_eq!(id.to_string(), "0102030405060708");
        assert_eq!(id.to_bytes(), [1, 2, 3, 4, 5, 6, 7, 8]);
    }

    /// One defect a vector; the valid twin is `TRACE`.
    #[test]
    fn what_is_no_id_is_refused_with_its_reason() {
        let cases = [
            (&TRACE[1..], ParseIdError::Length),
            ("0af7651916cd43dd8448eb211c80319c0", ParseIdError::Length),
            ("+af7651916cd43dd8448eb211c80319c", ParseIdError::Digit),
            ("0Af7651916cd43dd8448eb211c80319c", ParseIdError::Digit),
            ("0gf7651916cd43dd8448eb211c80319c", ParseIdError::Digit),
            ("00000000000000000000000000000000", ParseIdError::Zero),
        ];
        for (text, reason) in cases {
            assert_eq!(text.parse::<TraceId>(), Err(reason), "{text}");
        }
    }
}
