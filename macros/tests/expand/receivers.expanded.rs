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
        ::traced_actor::__private::scope(
                const { &::traced_actor::Options::new().name("Shared") },
                self.__traced_run(rx),
            )
            .await;
    }
    async fn handle_msg<__M: ::core::convert::Into<::traced_actor::Envelope<Message>>>(
        self: Arc<Self>,
        message: __M,
    ) -> usize {
        use ::traced_actor::__private::traits::*;
        let (message, carried) = ::traced_actor::__private::parts::<Message>(message);
        let ::core::option::Option::Some(carried) = carried else {
            return self.__traced_handle_msg(message).await;
        };
        let (message, mut handling) = ::traced_actor::__private::handle(
            const { &::traced_actor::Options::new().name("Shared") },
            message,
            carried,
            (&::traced_actor::__private::Describe::<Message>::new()).describe(),
        );
        let output = handling.run(self.__traced_handle_msg(message)).await;
        handling.end((&&&::traced_actor::__private::Outcome(&output)).failure());
        output
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
        ::traced_actor::__private::scope(
                const { &::traced_actor::Options::new().name("Stateless") },
                Self::__traced_serve(rx),
            )
            .await;
    }
    async fn handle_msg<__M: ::core::convert::Into<::traced_actor::Envelope<Message>>>(
        message: __M,
    ) -> Option<Self> {
        use ::traced_actor::__private::traits::*;
        let (message, carried) = ::traced_actor::__private::parts::<Message>(message);
        let ::core::option::Option::Some(carried) = carried else {
            return Self::__traced_handle_msg(message).await;
        };
        let (message, mut handling) = ::traced_actor::__private::handle(
            const { &::traced_actor::Options::new().name("Stateless") },
            message,
            carried,
            (&::traced_actor::__private::Describe::<Message>::new()).describe(),
        );
        let output = handling.run(Self::__traced_handle_msg(message)).await;
        handling.end((&&&::traced_actor::__private::Outcome(&output)).failure());
        output
    }
}
