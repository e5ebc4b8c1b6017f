//! Lets `handler(todo!())` compile: an expression that never returns may stand in the place of a message.

#![expect(unreachable_pub, reason = "an impl that everybody sees names it")]

use super::{Envelope, Message};

/// The type `!`, which stable Rust names only as a function's output.
pub type Never = <fn() -> ! as Returns>::Output;

/// A function type's output.
pub trait Returns {
    /// The type that the function returns.
    type Output;
}

impl<T> Returns for fn() -> T {
    type Output = T;
}

/// Converts an argument that never returns. From the 2024 edition on, its type is `!` where several types are possible.
impl<M: Message> From<Never> for Envelope<M> {
    fn from(never: Never) -> Self {
        never
    }
}
