//! One attribute on an inline module does for the message and the actor.
pub mod guild {
    /// The messages of a guild.
    #[derive(Debug)]
    pub enum Message {
        /// A member joined.
        Join { member: u64 },
        /// A member left.
        Leave(u64),
    }
    /// A guild.
    #[derive(Default)]
    pub struct Guild {
        members: Vec<u64>,
    }
    impl Guild {
        const __TWO_IMPLS_HANDLE_MESSAGE__WRITE_TRACED_ACTOR_LOCAL_ON_ONE: () = ();
        #[doc(hidden)]
        async fn __traced_handle(&mut self, message: Message) -> usize {
            match message {
                Message::Join { member } => self.members.push(member),
                Message::Leave(member) => self.members.retain(|other| *other != member),
            }
            self.members.len()
        }
        #[allow(clippy::manual_async_fn)]
        fn handle<__M: ::core::convert::Into<::traced_actor::Envelope<Message>>>(
            &mut self,
            message: __M,
        ) -> impl ::core::future::Future<Output = usize> {
            let (message, claimed) = ::traced_actor::__private::claim(
                const { &::traced_actor::Options::new().name("Guild") },
                message,
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
    }
    /// A [`Message`] on the wire: bare as older senders wrote it, or with the sender's trace context.
    pub type Envelope = ::traced_actor::Envelope<Message>;
    #[automatically_derived]
    impl ::traced_actor::Message for Message {
        fn kind(&self) -> &'static ::traced_actor::Kind {
            match self {
                Self::Join { .. } => const { &::traced_actor::Kind::new("Join") }
                Self::Leave { .. } => {
                    const { &::traced_actor::Kind::new("Leave").sample_ratio(0.1) }
                }
            }
        }
    }
    #[automatically_derived]
    impl ::traced_actor::Actor<Message> for Guild {
        const OPTIONS: ::traced_actor::Options = ::traced_actor::Options::new()
            .name("Guild");
        async fn receive(&mut self, message: ::traced_actor::Envelope<Message>) {
            let _ = self.handle(message).await;
        }
    }
}
