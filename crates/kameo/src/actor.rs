//! The trait of traced actors.

use traced_actor::Options;

/// An actor of kameo whose messages carry their sender's trace.
///
/// Implemented by `#[traced_actor(kameo)]` on `impl Actor for ..`, or on the struct above `#[derive(Actor)]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not take traces out of its mailbox",
    label = "no `#[traced_actor(kameo)]` on this actor",
    note = "write `#[traced_actor(kameo)]` on its `impl Actor for ..`, or on the struct above its `#[derive(Actor)]`"
)]
pub trait TracedActor: kameo::Actor {
    /// The options of the attribute.
    const OPTIONS: &'static Options;
}
