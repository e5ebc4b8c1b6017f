//! Publishes: where the feature is on, and the platform has it.

mod context;
mod observer;
mod table;

pub(crate) use context::Context;
pub(crate) use observer::publishing;

/// Returns whether anything is published: whether the feature is on, and the platform has it.
pub const fn is_publishing() -> bool {
    true
}
