//! What goes through the chain.

use serde::{Deserialize, Serialize};

/// The topic of Kafka, and the table of the database.
pub(crate) const POSTS: &str = "posts";
/// A client sends so many.
pub(crate) const MANY: u64 = 3;

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Post {
    /// From 1.
    pub(crate) id: u64,
    pub(crate) text: String,
}
