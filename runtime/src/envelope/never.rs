//! `handler(todo!())`: what never returns goes where a message goes.

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

/// From the 2024 edition on, an argument that never returns is of type `!` where several types could stand.
impl<M: Message> From<Never> for Envelope<M> {
    fn from(never: Never) -> Self {
        never
    }
}
