//! One handled message that causes many: one decision, k recipients traced out of n, their weights recorded.

mod broadcast;
mod scope;

pub use broadcast::{Broadcast, Recipient, broadcast};
pub use scope::{EnteredFanout, Fanout, fanout};
