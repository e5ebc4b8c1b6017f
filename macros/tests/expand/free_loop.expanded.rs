//! A receive loop that is a free function keeps its body inside.
pub(crate) async fn run_actor<A: Actor, const N: usize>(
    actor: A,
    argument_1: [u8; N],
) -> Result<(), Error> {
    #[doc(hidden)]
    #[allow(clippy::single_call_fn)]
    async fn __traced_run_actor<A: Actor, const N: usize>(
        mut actor: A,
        _: [u8; N],
    ) -> Result<(), Error> {
        while let Some(message) = actor.receiver().recv().await {
            actor.handle_message(message)?;
        }
        Ok(())
    }
    use ::traced_actor::__private::traits::*;
    return ::traced_actor::__private::run(
            const { &::traced_actor::Options::new().name("Guild") },
            ::traced_actor::__private::Loop {
                shares: false,
                continues: false,
            },
            __traced_run_actor::<A, N>(actor, argument_1),
            |output| (&&&::traced_actor::__private::Outcome(output)).failure(),
        )
        .await;
}
