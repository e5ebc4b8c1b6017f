//! What callers see stays outside, what acts on the body goes inside.
impl Guild {
    #[allow(clippy::too_many_lines)]
    #[expect(unused_variables)]
    #[instrument(name = "handle", skip_all)]
    #[doc(hidden)]
    pub(super) async fn __traced_handle(
        &mut self,
        r#type: Message,
    ) -> Result<(), Error> {
        self.apply(r#type).await
    }
    #[tracing::instrument(name = "run")]
    #[doc(hidden)]
    async fn __traced_run(mut self) -> ! {
        loop {
            let Some(message) = self.rx.recv().await else {
                std::future::pending().await
            };
            let _ = self.handle(message).await;
        }
    }
    /// Handles one message.
    ///
    /// # Errors
    /// When the guild is closed.
    #[must_use]
    #[allow(clippy::too_many_lines)]
    #[allow(unused_variables)]
    pub(super) async fn handle<
        __M: ::core::convert::Into<::traced_actor::Envelope<Message>>,
    >(&mut self, r#type: __M) -> Result<(), Error> {
        use ::traced_actor::__private::traits::*;
        let (r#type, carried) = ::traced_actor::__private::parts::<Message>(r#type);
        let ::core::option::Option::Some(carried) = carried else {
            return self.__traced_handle(r#type).await;
        };
        let (r#type, mut handling) = ::traced_actor::__private::handle(
            const { &::traced_actor::Options::new().name("Guild") },
            r#type,
            carried,
            (&::traced_actor::__private::Describe::<Message>::new()).describe(),
        );
        let output = handling.run(self.__traced_handle(r#type)).await;
        handling.end((&&&::traced_actor::__private::Outcome(&output)).failure());
        output
    }
    #[deprecated]
    async fn run(self) -> ! {
        ::traced_actor::__private::scope(
                const { &::traced_actor::Options::new().name("Guild") },
                self.__traced_run(),
            )
            .await
    }
}
