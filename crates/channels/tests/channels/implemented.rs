//! The traits that a type implements. `tests/models/mirror` uses this file as well.

#[allow(dead_code)] // nobody falls back to it where every type implements the trait
pub(crate) trait Otherwise {
    const YES: bool = false;
}

impl<T> Otherwise for T {}

/// Returns the traits that a type implements. `Otherwise` must be in scope.
macro_rules! implemented {
    ($ty:ty: $($bound:path),*) => {
        [$({
            struct Is<T>(std::marker::PhantomData<T>);
            #[allow(dead_code)] // found before `Otherwise`'s, where the type implements the trait
            impl<T: $bound> Is<T> {
                const YES: bool = true;
            }
            (stringify!($bound), <Is<$ty>>::YES)
        }),*]
    };
}

pub(crate) use implemented;
