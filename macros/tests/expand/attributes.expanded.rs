//! Attributes for callers stay outside, attributes for the body go inside.
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
    #[allow(clippy::manual_async_fn)]
    pub(super) fn handle<__M: ::core::convert::Into<::traced_actor::Envelope<Message>>>(
        &mut self,
        r#type: __M,
    ) -> impl ::core::future::Future<Output = Result<(), Error>> {
        let (message, claimed) = ::traced_actor::__private::claim(
            const { &::traced_actor::Options::new().name("Guild") },
            r#type,
            {
                use ::traced_actor::__private::traits::*;
                (&::traced_actor::__private::Describe::<Message>::new()).describe()
            },
        );
        use ::traced_actor::__private::traits::*;
        return ::traced_actor::__private::handler(
            claimed,
            self.__traced_handle(message),
            |output| (&&&::traced_actor::__private::Outcome(output)).failure(),
        );
    }
    #[deprecated]
    async fn run(self) -> ! {
        if false {
            use ::traced_actor::__private::traits::*;
            (&self.rx).loses_trace();
        }
        ::traced_actor::__private::run(
                const { &::traced_actor::Options::new().name("Guild") },
                ::traced_actor::__private::Loop {
                    shares: false,
                    continues: false,
                },
                self.__traced_run(),
                |_| ::core::option::Option::None,
            )
            .await
    }
}
