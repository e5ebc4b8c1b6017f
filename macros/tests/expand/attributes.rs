//! Attributes for callers stay outside, attributes for the body go inside.

#[traced_actor]
impl Guild {
    /// Handles one message.
    ///
    /// # Errors
    /// When the guild is closed.
    #[must_use]
    #[allow(clippy::too_many_lines)]
    #[expect(unused_variables)]
    #[instrument(skip_all)]
    pub(super) async fn handle(&mut self, r#type: Message) -> Result<(), Error> {
        self.apply(r#type).await
    }

    #[tracing::instrument]
    #[deprecated]
    async fn run(mut self) -> ! {
        loop {
            let Some(message) = self.rx.recv().await else { std::future::pending().await };
            let _ = self.handle(message).await;
        }
    }
}
