//! Items that generated code uses. Not part of the public API.

pub use actix;

pub use crate::actor::{ByAttribute, ByType};
pub use crate::failure::FailureByActix;
pub use crate::start::{create, start, start_in_arbiter};
