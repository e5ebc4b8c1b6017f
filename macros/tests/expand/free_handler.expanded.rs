//! A handler that is a free function.
async fn handle<__M: ::core::convert::Into<::traced_actor::Envelope<Request>>>(
    state: &mut State,
    request: __M,
) -> Response {
    #[doc(hidden)]
    #[allow(clippy::single_call_fn)]
    async fn __traced_handle(state: &mut State, request: Request) -> Response {
        state.answer(request).await
    }
    use ::traced_actor::__private::traits::*;
    let (request, carried) = ::traced_actor::__private::parts::<Request>(request);
    let ::core::option::Option::Some(carried) = carried else {
        return __traced_handle(state, request).await;
    };
    let (request, mut handling) = ::traced_actor::__private::handle(
        const { &::traced_actor::Options::new().name("State") },
        request,
        carried,
        (&::traced_actor::__private::Describe::<Request>::new()).describe(),
    );
    let output = handling.run(__traced_handle(state, request)).await;
    handling.end((&&&::traced_actor::__private::Outcome(&output)).failure());
    output
}
