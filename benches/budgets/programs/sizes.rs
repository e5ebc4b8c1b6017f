//! The programs with posts of other sizes: their fields take this many bytes.

macro_rules! sizes {
    ($($name:ident: $words:literal;)*) => {
        $(
            #[allow(dead_code, reason = "each use needs a part of it")]
            #[allow(clippy::large_enum_variant, reason = "the size is what is measured")]
            pub(crate) mod $name {
                use std::future::ready;
                use std::hint::black_box;

                use super::super::{CAPACITY, Parent, arrived, runtime, start};

                /// The text of a post, without the number of the channel before it.
                type Text = [u64; $words - 1];

                fn text(number: u64) -> Text {
                    [number; $words - 1]
                }

                async fn stored(channel: u64, text: &Text) -> u64 {
                    ready(black_box(channel ^ text[$words - 2])).await
                }

                pub(crate) mod bare {
                    use tokio::sync::mpsc;
                    include!("plain.rs");
                }

                pub(crate) mod traced {
                    use traced_actor::sync::mpsc;
                    include!("traced.rs");
                }
            }
        )*
    };
}

sizes! {
    of_16: 2;
    of_64: 8;
    of_256: 32;
}
