//! A module with two actors, a handle that only sends, and data that is no message.
mod chat {
    enum GuildMessage {
        Join(u64),
    }
    struct SessionMessage(String);
    struct Config {
        size: usize,
    }
    struct Guild {
        rx: mpsc::Receiver<GuildMessage>,
    }
    impl Guild {
        #[doc(hidden)]
        async fn __traced_handle(&mut self, message: GuildMessage) {}
        async fn handle<
            __M: ::core::convert::Into<::traced_actor::Envelope<GuildMessage>>,
        >(&mut self, message: __M) {
            use ::traced_actor::__private::traits::*;
            let (message, carried) = ::traced_actor::__private::parts::<
                GuildMessage,
            >(message);
            let ::core::option::Option::Some(carried) = carried else {
                return self.__traced_handle(message).await;
            };
            let (message, mut handling) = ::traced_actor::__private::handle(
                const { &::traced_actor::Options::new().name("Guild") },
                message,
                carried,
                (&::traced_actor::__private::Describe::<GuildMessage>::new()).describe(),
            );
            handling.run(self.__traced_handle(message)).await;
            handling.end_ok();
        }
    }
    #[derive(Clone)]
    struct GuildHandle {
        tx: mpsc::Sender<GuildMessage>,
    }
    impl GuildHandle {
        async fn tell(&self, message: GuildMessage) {
            let _ = self.tx.send(message).await;
        }
    }
    struct Session {
        rx: Inbox,
    }
    type Inbox = mpsc::UnboundedReceiver<SessionMessage>;
    impl Session {
        #[doc(hidden)]
        fn __traced_push(&mut self, SessionMessage(text): SessionMessage) {}
        fn push<__M: ::core::convert::Into<::traced_actor::Envelope<SessionMessage>>>(
            &mut self,
            argument_1: __M,
        ) {
            use ::traced_actor::__private::traits::*;
            let (argument_1, carried) = ::traced_actor::__private::parts::<
                SessionMessage,
            >(argument_1);
            let ::core::option::Option::Some(carried) = carried else {
                return self.__traced_push(argument_1);
            };
            let (argument_1, mut handling) = ::traced_actor::__private::handle(
                const { &::traced_actor::Options::new().name("Session") },
                argument_1,
                carried,
                (&::traced_actor::__private::Describe::<SessionMessage>::new())
                    .describe(),
            );
            {
                let _entered = handling.enter();
                self.__traced_push(argument_1)
            }
            handling.end_ok();
        }
    }
    async fn run_session(session: Session) {
        #[doc(hidden)]
        #[allow(clippy::single_call_fn)]
        async fn __traced_run_session(mut session: Session) {
            while let Some(message) = session.rx.recv().await {
                session.push(message);
            }
        }
        ::traced_actor::__private::scope(
                const { &::traced_actor::Options::new().name("Session") },
                __traced_run_session(session),
            )
            .await;
    }
    #[automatically_derived]
    impl ::traced_actor::Message for GuildMessage {
        fn kind(&self) -> &'static ::traced_actor::Kind {
            match self {
                Self::Join { .. } => const { &::traced_actor::Kind::new("Join") }
            }
        }
    }
    #[automatically_derived]
    impl ::traced_actor::Message for SessionMessage {
        fn kind(&self) -> &'static ::traced_actor::Kind {
            const { &::traced_actor::Kind::new("SessionMessage") }
        }
    }
    #[automatically_derived]
    impl ::traced_actor::Actor<GuildMessage> for Guild {
        const OPTIONS: ::traced_actor::Options = ::traced_actor::Options::new()
            .name("Guild");
        async fn receive(&mut self, message: ::traced_actor::Envelope<GuildMessage>) {
            self.handle(message).await;
        }
    }
}
