//! What generated code names. Not part of the public interface.

pub use actix;

pub use crate::actor::{ByAttribute, ByType};
pub use crate::failure::FailureByActix;
pub use crate::start::{create, start, start_in_arbiter};
