//! Options of the actor, and of a message type.
impl Session {
    #[doc(hidden)]
    async fn __traced_handle(&mut self, message: Message) {}
    async fn handle<__M: ::core::convert::Into<::traced_actor::Envelope<Message>>>(
        &mut self,
        message: __M,
    ) {
        use ::traced_actor::__private::traits::*;
        let (message, carried) = ::traced_actor::__private::parts::<Message>(message);
        let ::core::option::Option::Some(carried) = carried else {
            return self.__traced_handle(message).await;
        };
        let (message, mut handling) = ::traced_actor::__private::handle(
            const {
                &::traced_actor::Options::new()
                    .name("Sessions")
                    .start_sampler()
                    .sampler(crate::sampling::by_user)
                    .fanout_budget(20)
                    .hops(8)
            },
            message,
            carried,
            (&::traced_actor::__private::Describe::<Message>::new()).describe(),
        );
        handling.run(self.__traced_handle(message)).await;
        handling.end_ok();
    }
}
#[automatically_derived]
impl ::traced_actor::Actor<Message> for Session {
    const OPTIONS: ::traced_actor::Options = ::traced_actor::Options::new()
        .name("Sessions")
        .start_sampler()
        .sampler(crate::sampling::by_user)
        .fanout_budget(20)
        .hops(8);
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
    async fn apply<__M: ::core::convert::Into<::traced_actor::Envelope<Event>>>(
        &mut self,
        event: __M,
    ) -> Rc<str> {
        use ::traced_actor::__private::traits::*;
        let (event, carried) = ::traced_actor::__private::parts::<Event>(event);
        let ::core::option::Option::Some(carried) = carried else {
            return self.__traced_apply(event).await;
        };
        let (event, mut handling) = ::traced_actor::__private::handle(
            const { &::traced_actor::Options::new().name("Widget") },
            event,
            carried,
            (&::traced_actor::__private::Describe::<Event>::new()).describe(),
        );
        let output = handling.run(self.__traced_apply(event)).await;
        handling.end((&&&::traced_actor::__private::Outcome(&output)).failure());
        output
    }
    async fn pump(&mut self) {
        ::traced_actor::__private::scope(
                const { &::traced_actor::Options::new().name("Widget") },
                self.__traced_pump(),
            )
            .await;
    }
}
