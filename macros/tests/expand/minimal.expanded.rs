//! The usual actor: the attribute on the message and on the impl block.
pub enum Message {
    Join { session: u64 },
    Leave(u64),
}
#[automatically_derived]
impl ::traced_actor::Message for Message {
    fn kind(&self) -> &'static ::traced_actor::Kind {
        match self {
            Self::Join { .. } => const { &::traced_actor::Kind::new("Join") }
            Self::Leave { .. } => const { &::traced_actor::Kind::new("Leave") }
        }
    }
}
impl Guild {
    #[doc(hidden)]
    async fn __traced_handle_message(&mut self, message: Message) {
        match message {
            Message::Join { session } => self.sessions.push(session),
            Message::Leave(session) => self.sessions.retain(|other| *other != session),
        }
    }
    #[doc(hidden)]
    pub async fn __traced_run(mut self) {
        while let Some(message) = self.receiver.recv().await {
            self.handle_message(message).await;
        }
    }
    /// Runs until the last sender is gone.
    pub async fn run(self) {
        if false {
            use ::traced_actor::__private::traits::*;
            (&self.receiver).loses_trace();
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
            .await;
    }
    #[allow(clippy::manual_async_fn)]
    fn handle_message<__M: ::core::convert::Into<::traced_actor::Envelope<Message>>>(
        &mut self,
        message: __M,
    ) -> impl ::core::future::Future<Output = ()> {
        let (message, claimed) = ::traced_actor::__private::claim(
            const { &::traced_actor::Options::new().name("Guild") },
            message,
            {
                use ::traced_actor::__private::traits::*;
                (&::traced_actor::__private::Describe::<Message>::new()).describe()
            },
        );
        return ::traced_actor::__private::handler(
            claimed,
            self.__traced_handle_message(message),
            |_| ::core::option::Option::None,
        );
    }
}
