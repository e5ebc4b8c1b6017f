//! Keys of messages, for samplers that treat users or tenants separately.

/// A sampling key of a message: a user, a tenant or a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Key<'a> {
    /// A number.
    Int(u64),
    /// A text.
    Str(&'a str),
}

macro_rules! int_key {
    ($($int:ty)*) => {$(
        impl From<&$int> for Key<'_> {
            fn from(value: &$int) -> Self {
                Key::Int(u64::from(*value))
            }
        }
    )*};
}

int_key!(u8 u16 u32 u64 bool);

impl From<&i64> for Key<'_> {
    fn from(value: &i64) -> Self {
        Key::Int(value.cast_unsigned())
    }
}

impl From<&usize> for Key<'_> {
    fn from(value: &usize) -> Self {
        Key::Int(*value as u64)
    }
}

impl<'a> From<&'a str> for Key<'a> {
    fn from(value: &'a str) -> Self {
        Key::Str(value)
    }
}

impl<'a> From<&'a &str> for Key<'a> {
    fn from(value: &'a &str) -> Self {
        Key::Str(value)
    }
}

impl<'a> From<&'a String> for Key<'a> {
    fn from(value: &'a String) -> Self {
        Key::Str(value)
    }
}
