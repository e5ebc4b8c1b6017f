//! A handler that is a free function.
#[allow(clippy::manual_async_fn)]
fn handle<__M: ::core::convert::Into<::traced_actor::Envelope<Request>>>(
    state: &mut State,
    request: __M,
) -> impl ::core::future::Future<Output = Response> {
    #[doc(hidden)]
    #[allow(clippy::single_call_fn)]
    async fn __traced_handle(state: &mut State, request: Request) -> Response {
        state.answer(request).await
    }
    let (message, claimed) = ::traced_actor::__private::claim(
        const { &::traced_actor::Options::new().name("State") },
        request,
        {
            use ::traced_actor::__private::traits::*;
            (&::traced_actor::__private::Describe::<Request>::new()).describe()
        },
    );
    use ::traced_actor::__private::traits::*;
    return ::traced_actor::__private::handler(
        claimed,
        __traced_handle(state, message),
        |output| (&&&::traced_actor::__private::Outcome(output)).failure(),
    );
}
