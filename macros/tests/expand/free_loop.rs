//! A receive loop that is a free function keeps its body inside.

#[traced_actor(name = "Guild")]
pub(crate) async fn run_actor<A: Actor, const N: usize>(mut actor: A, _: [u8; N]) -> Result<(), Error> {
    while let Some(message) = actor.receiver().recv().await {
        actor.handle_message(message)?;
    }
    Ok(())
}
