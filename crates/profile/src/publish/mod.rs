//! Publishes records, if the feature is enabled and the platform is supported.

mod context;
mod observer;
mod process;
mod protobuf;
mod table;

pub(crate) use context::Context;
pub(crate) use observer::publishing;
pub use process::publish_process;

/// Returns whether anything is published: the feature is enabled, and the platform is supported.
pub const fn is_publishing() -> bool {
    true
}
