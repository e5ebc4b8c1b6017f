//! `Debug` for types of which it shows the name alone.

/// Implements `Debug` by the name: `opaque!(Within<F>)`.
macro_rules! opaque {
    ($name:ident $(<$($parameter:tt),*>)?) => {
        impl $(<$($parameter),*>)? std::fmt::Debug for $name $(<$($parameter),*>)? {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_struct(stringify!($name)).finish_non_exhaustive()
            }
        }
    };
}
