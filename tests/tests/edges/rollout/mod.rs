//! A fleet that moves to envelopes and back, between nodes that come and go. `tests/models/rollout` has the rules alone.

mod fleet;
mod peers;
