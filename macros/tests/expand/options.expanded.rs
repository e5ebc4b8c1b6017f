//! Options of the actor, and of a message type.
impl Session {
    const __TWO_IMPLS_HANDLE_MESSAGE__WRITE_TRACED_ACTOR_LOCAL_ON_ONE: () = ();
    #[doc(hidden)]
    async fn __traced_handle(&mut self, message: Message) {}
    #[allow(clippy::manual_async_fn)]
    fn handle<__M: ::core::convert::Into<::traced_actor::Envelope<Message>>>(
        &mut self,
        message: __M,
    ) -> impl ::core::future::Future<Output = ()> {
        let (message, claimed) = ::traced_actor::__private::claim(
            const {
                &::traced_actor::Options::new()
                    .name("Sessions")
                    .start_sampler()
                    .sampler(crate::sampling::by_user)
                    .fanout_budget(20)
                    .hop_limit(8)
            },
            message,
            {
                use ::traced_actor::__private::traits::*;
                (&::traced_actor::__private::Describe::<Message>::new()).describe()
            },
        );
        return ::traced_actor::__private::handler(
            claimed,
            self.__traced_handle(message),
            |_| ::core::option::Option::None,
        );
    }
}
#[automatically_derived]
impl ::traced_actor::Actor<Message> for Session {
    const OPTIONS: ::traced_actor::Options = ::traced_actor::Options::new()
        .name("Sessions")
        .start_sampler()
        .sampler(crate::sampling::by_user)
        .fanout_budget(20)
        .hop_limit(8);
    async fn receive(&mut self, message: ::traced_actor::Envelope<Message>) {
        self.handle(message).await;
    }
}
enum Message {
    Push,
}
#[automatically_derived]
impl ::traced_actor::Message for Message {
    const OPTIONS: ::traced_actor::Options = ::traced_actor::Options::new()
        .name("Sessions")
        .start_never();
    fn kind(&self) -> &'static ::traced_actor::Kind {
        match self {
            Self::Push { .. } => const { &::traced_actor::Kind::new("Push") }
        }
    }
}
impl Widget {
    #[doc(hidden)]
    async fn __traced_apply(&mut self, event: Event) -> Rc<str> {
        self.name.clone()
    }
    #[doc(hidden)]
    async fn __traced_pump(&mut self) {
        self.events.for_each(|event| self.queue(event)).await;
    }
    #[allow(clippy::manual_async_fn)]
    fn apply<__M: ::core::convert::Into<::traced_actor::Envelope<Event>>>(
        &mut self,
        event: __M,
    ) -> impl ::core::future::Future<Output = Rc<str>> {
        let (message, claimed) = ::traced_actor::__private::claim(
            const { &::traced_actor::Options::new().name("Widget") },
            event,
            {
                use ::traced_actor::__private::traits::*;
                (&::traced_actor::__private::Describe::<Event>::new()).describe()
            },
        );
        use ::traced_actor::__private::traits::*;
        return ::traced_actor::__private::handler(
            claimed,
            self.__traced_apply(message),
            |output| (&&&::traced_actor::__private::Outcome(output)).failure(),
        );
    }
    async fn pump(&mut self) {
        ::traced_actor::__private::run(
                const { &::traced_actor::Options::new().name("Widget") },
                ::traced_actor::__private::Loop {
                    shares: false,
                    continues: false,
                },
                self.__traced_pump(),
                |_| ::core::option::Option::None,
            )
            .await;
    }
}
