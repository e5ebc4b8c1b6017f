//! `self` in other forms, and none.
impl Shared {
    #[doc(hidden)]
    async fn __traced_handle_msg(self: Arc<Self>, message: Message) -> usize {
        self.count(message)
    }
    #[doc(hidden)]
    async fn __traced_run(mut self: Box<Self>, mut rx: mpsc::Receiver<Message>) {
        let shared = Arc::new(self);
        while let Some(message) = rx.recv().await {
            shared.clone().handle_msg(message).await;
        }
    }
    async fn run(self: Box<Self>, rx: mpsc::Receiver<Message>) {
        if false {
            use ::traced_actor::__private::traits::*;
            (&rx).loses_trace();
        }
        ::traced_actor::__private::run(
                const { &::traced_actor::Options::new().name("Shared") },
                ::traced_actor::__private::Loop {
                    shares: false,
                    continues: false,
                },
                self.__traced_run(rx),
                |_| ::core::option::Option::None,
            )
            .await;
    }
    #[allow(clippy::manual_async_fn)]
    fn handle_msg<__M: ::core::convert::Into<::traced_actor::Envelope<Message>>>(
        self: Arc<Self>,
        message: __M,
    ) -> impl ::core::future::Future<Output = usize> {
        let (message, claimed) = ::traced_actor::__private::claim(
            const { &::traced_actor::Options::new().name("Shared") },
            message,
            {
                use ::traced_actor::__private::traits::*;
                (&::traced_actor::__private::Describe::<Message>::new()).describe()
            },
        );
        use ::traced_actor::__private::traits::*;
        return ::traced_actor::__private::handler(
            claimed,
            self.__traced_handle_msg(message),
            |output| (&&&::traced_actor::__private::Outcome(output)).failure(),
        );
    }
}
impl Stateless {
    #[doc(hidden)]
    async fn __traced_handle_msg(message: Message) -> Option<Self> {
        None
    }
    #[doc(hidden)]
    async fn __traced_serve(mut rx: mpsc::UnboundedReceiver<Message>) {
        while let Some(message) = rx.recv().await {
            Self::handle_msg(message).await;
        }
    }
    async fn serve(rx: mpsc::UnboundedReceiver<Message>) {
        if false {
            use ::traced_actor::__private::traits::*;
            (&rx).loses_trace();
        }
        ::traced_actor::__private::run(
                const { &::traced_actor::Options::new().name("Stateless") },
                ::traced_actor::__private::Loop {
                    shares: false,
                    continues: false,
                },
                Self::__traced_serve(rx),
                |_| ::core::option::Option::None,
            )
            .await;
    }
    #[allow(clippy::manual_async_fn)]
    fn handle_msg<__M: ::core::convert::Into<::traced_actor::Envelope<Message>>>(
        message: __M,
    ) -> impl ::core::future::Future<Output = Option<Self>> {
        let (message, claimed) = ::traced_actor::__private::claim(
            const { &::traced_actor::Options::new().name("Stateless") },
            message,
            {
                use ::traced_actor::__private::traits::*;
                (&::traced_actor::__private::Describe::<Message>::new()).describe()
            },
        );
        use ::traced_actor::__private::traits::*;
        return ::traced_actor::__private::handler(
            claimed,
            Self::__traced_handle_msg(message),
            |output| (&&&::traced_actor::__private::Outcome(output)).failure(),
        );
    }
}
