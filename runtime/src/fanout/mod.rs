//! Fan-outs: one message causes many, and a weighted sample of them is traced.

mod broadcast;
mod scope;

pub use broadcast::{Broadcast, Recipient, broadcast};
pub use scope::{EnteredFanout, Fanout, fanout};
