//! The guild's messages. `#[traced_actor]` adds nothing to their bytes, so that both kinds of node share them.

use serde::{Deserialize, Serialize};
use traced_actor::traced_actor;

/// Told by a client, once for each user.
#[derive(Debug, Serialize, Deserialize)]
pub struct Join {
    /// A number that is unique in each client.
    pub user: u64,
}

/// Asks which server it is.
#[derive(Debug, Serialize, Deserialize)]
pub struct Label {
    /// Says whose.
    pub of: String,
}

/// An enum of messages.
#[traced_actor]
#[derive(Debug, Serialize, Deserialize)]
pub enum Order {
    /// Asks to be counted.
    Post {
        /// Any text.
        text: String,
    },
    /// Is never answered in time.
    Hang,
}
