//! Retired shapes and pinned numbers. The impls are what `#[traced_actor]` generates.
