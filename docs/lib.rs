//! The guide, chapter by chapter, so that rustdoc compiles and runs its code blocks: `cargo test -p traced-actor-guide`.
//!
//! Read it in `src/`, or build the book with `mdbook build docs`.

macro_rules! chapters {
    ($($name:ident $file:literal;)*) => {
        $(
            #[doc = include_str!(concat!("src/", $file))]
            pub mod $name {}
        )*
    };
}

chapters! {
    ten_minutes "ten-minutes.md";
}
