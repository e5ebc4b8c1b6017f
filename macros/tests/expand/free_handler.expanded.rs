//! A handler that is a free function.
#[allow(clippy::manual_async_fn)]
fn handle(
    state: &mut State,
    request: impl ::core::convert::Into<::traced_actor::Envelope<Request>>,
) -> impl ::core::future::Future<Output = Response> {
    async fn __traced_handle(state: &mut State, request: Request) -> Response {
        state.answer(request).await
    }
    let (request, claimed) = ::traced_actor::__private::claim(
        const { &::traced_actor::Options::new() },
        request,
        {
            use ::traced_actor::__private::traits::*;
            (&::traced_actor::__private::Describe::<Request>::new()).describe()
        },
    );
    use ::traced_actor::__private::traits::*;
    ::traced_actor::__private::handler(
        claimed,
        __traced_handle(state, request),
        |output| (&&&::traced_actor::__private::Outcome(output)).failure(),
    )
}
