//! The form of a file with all that is recorded: what a crash leaves behind, and what is written when somebody asks.

mod journal;
mod layout;

pub(crate) use journal::{Entry, Journal, kind_of};
pub use layout::Cause;
pub(crate) use layout::{BYTE_ORDER, FIELD, MAGIC, NAME, OPERATION, PAGE, RING_MAGIC, VERSION, header, ring};
