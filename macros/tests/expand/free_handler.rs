//! A handler that is a free function.

#[traced_actor]
async fn handle(state: &mut State, request: Request) -> Response {
    state.answer(request).await
}
