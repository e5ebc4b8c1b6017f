//! A variant's `#[cfg]` goes to its arms, an item's to what is generated for it.
#[cfg(feature = "guild")]
enum Message {
    Post { recipients: Vec<u64> },
    #[cfg(test)]
    Flush(oneshot::Sender<()>),
}
#[cfg(feature = "guild")]
#[automatically_derived]
impl ::traced_actor::Message for Message {
    fn kind(&self) -> &'static ::traced_actor::Kind {
        match self {
            Self::Post { .. } => const { &::traced_actor::Kind::new("Post") }
            #[cfg(test)]
            Self::Flush { .. } => const { &::traced_actor::Kind::new("Flush").call() }
        }
    }
    fn fanout(&self) -> ::core::option::Option<usize> {
        match self {
            Self::Post { recipients } => ::core::option::Option::Some(recipients.len()),
            #[cfg(test)]
            Self::Flush { .. } => ::core::option::Option::None,
        }
    }
}
#[cfg(feature = "guild")]
impl Guild {
    #[cfg(not(test))]
    const __TWO_IMPLS_HANDLE_MESSAGE__WRITE_TRACED_ACTOR_LOCAL_ON_ONE: () = ();
    #[cfg(not(test))]
    #[doc(hidden)]
    fn __traced_handle(&mut self, message: Message) {}
    #[cfg(not(test))]
    fn handle<__M: ::core::convert::Into<::traced_actor::Envelope<Message>>>(
        &mut self,
        message: __M,
    ) {
        let (message, claimed) = ::traced_actor::__private::claim(
            const { &::traced_actor::Options::new().name("Guild") },
            message,
            {
                use ::traced_actor::__private::traits::*;
                (&::traced_actor::__private::Describe::<Message>::new()).describe()
            },
        );
        let mut handling = ::traced_actor::__private::handling(claimed);
        {
            let _entered = handling.enter();
            self.__traced_handle(message)
        };
        handling.end(::core::option::Option::None);
    }
}
#[cfg(feature = "guild")]
#[cfg(not(test))]
#[automatically_derived]
impl ::traced_actor::Actor<Message> for Guild {
    const OPTIONS: ::traced_actor::Options = ::traced_actor::Options::new()
        .name("Guild");
    async fn receive(&mut self, message: ::traced_actor::Envelope<Message>) {
        self.handle(message);
    }
}
