//! A handler that is a free function.
async fn handle(
    state: &mut State,
    request: impl ::core::convert::Into<::traced_actor::Envelope<Request>>,
) -> Response {
    async fn __traced_handle(state: &mut State, request: Request) -> Response {
        state.answer(request).await
    }
    use ::traced_actor::__private::traits::*;
    let mut envelope = ::traced_actor::__private::envelope::<Request>(request);
    if ::traced_actor::__private::is_plain(&envelope) {
        __traced_handle(state, ::traced_actor::__private::plain(envelope)).await
    } else {
        let mut handling = ::traced_actor::__private::handle(
            const { &::traced_actor::Options::new() },
            &mut envelope,
            (&::traced_actor::__private::Describe::<Request>::new()).describe(),
        );
        let output = handling.run(__traced_handle(state, envelope.into_message())).await;
        handling.end((&&&::traced_actor::__private::Outcome(&output)).failure());
        output
    }
}
