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
    let mut handling = ::traced_actor::__private::handle(
        const { &::traced_actor::Options::new() },
        &mut envelope,
        (&::traced_actor::__private::Describe::<Request>::new()).describe(),
    );
    let body = ::core::pin::pin!(__traced_handle(state, envelope.into_message()));
    if handling.is_plain() {
        body.await
    } else {
        let output = handling.run(body).await;
        handling.end((&&&::traced_actor::__private::Outcome(&output)).failure());
        output
    }
}
