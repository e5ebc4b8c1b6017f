//! The message of the chain.

use serde::{Deserialize, Serialize};

/// The topic in Kafka, and the table in the database.
pub(crate) const POSTS: &str = "posts";
/// The number of posts that a client sends.
pub(crate) const MANY: u64 = 3;

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Post {
    /// The id, from 1.
    pub(crate) id: u64,
    pub(crate) text: String,
}
