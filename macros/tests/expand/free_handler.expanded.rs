//! A handler that is a free function.
async fn handle(
    state: &mut State,
    request: impl ::core::convert::Into<::traced_actor::Envelope<Request>>,
) -> Response {
    async fn __traced_handle(state: &mut State, request: Request) -> Response {
        state.answer(request).await
    }
    use ::traced_actor::__private::traits::*;
    let (message, mut handling) = ::traced_actor::__private::handle(
        const { &::traced_actor::Options::new() },
        request,
        (&::traced_actor::__private::Describe::<Request>::new()).describe(),
    );
    let output = if handling.is_plain() {
        __traced_handle(state, message).await
    } else {
        handling.run(__traced_handle(state, message)).await
    };
    handling.end((&&&::traced_actor::__private::Outcome(&output)).failure());
    output
}
