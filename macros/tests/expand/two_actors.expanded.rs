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
        const __TWO_IMPLS_HANDLE_GUILDMESSAGE__WRITE_TRACED_ACTOR_LOCAL_ON_ONE: () = ();
        #[doc(hidden)]
        async fn __traced_handle(&mut self, message: GuildMessage) {}
        #[allow(clippy::manual_async_fn)]
        fn handle<__M: ::core::convert::Into<::traced_actor::Envelope<GuildMessage>>>(
            &mut self,
            message: __M,
        ) -> impl ::core::future::Future<Output = ()> {
            let (message, claimed) = ::traced_actor::__private::claim(
                const { &::traced_actor::Options::new().name("Guild") },
                message,
                {
                    use ::traced_actor::__private::traits::*;
                    (&::traced_actor::__private::Describe::<GuildMessage>::new())
                        .describe()
                },
            );
            return ::traced_actor::__private::handler(
                claimed,
                self.__traced_handle(message),
                |_| ::core::option::Option::None,
            );
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
            let (message, claimed) = ::traced_actor::__private::claim(
                const { &::traced_actor::Options::new().name("Session") },
                argument_1,
                {
                    use ::traced_actor::__private::traits::*;
                    (&::traced_actor::__private::Describe::<SessionMessage>::new())
                        .describe()
                },
            );
            let mut handling = ::traced_actor::__private::handling(claimed);
            {
                let _entered = handling.enter();
                self.__traced_push(message)
            };
            handling.end(::core::option::Option::None);
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
        if false {
            use ::traced_actor::__private::traits::*;
            (&session.rx).loses_trace();
        }
        ::traced_actor::__private::run(
                const { &::traced_actor::Options::new().name("Session") },
                ::traced_actor::__private::Loop {
                    shares: false,
                    continues: false,
                },
                __traced_run_session(session),
                |_| ::core::option::Option::None,
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
