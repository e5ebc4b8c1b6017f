//! Wraps the errors of formats in types of this crate, so that a format's major versions are not this crate's.

/// Declares the error type of a format. The format's own error is its source.
macro_rules! read_error {
    ($name:ident, $inner:ty, $format:literal) => {
        #[doc = concat!("The bytes could not be read as ", $format, ". The error of the format itself is the source.")]
        #[derive(Debug)]
        #[repr(transparent)]
        pub struct $name($inner);

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                std::fmt::Display::fmt(&self.0, f)
            }
        }

        impl std::error::Error for $name {
            fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
                Some(&self.0)
            }
        }
    };
}
pub(super) use read_error;
