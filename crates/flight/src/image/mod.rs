//! The form of a file with all records. A crash leaves such a file behind, and a dump writes one.

mod journal;
mod layout;

pub(crate) use journal::{Entry, Journal, kind_of};
pub use layout::DumpReason;
pub(crate) use layout::{BYTE_ORDER, FIELD, MAGIC, NAME, OPERATION, PAGE, RING_MAGIC, VERSION, header, ring};
