//! A message and the trace context that it travels with.

mod describe;
#[allow(clippy::module_inception)] // the folder is named after its one type
mod envelope;
mod message;
mod never;

pub use describe::Describe;
pub use envelope::Envelope;
pub use message::Message;
