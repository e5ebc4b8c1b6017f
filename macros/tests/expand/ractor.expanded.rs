//! ractor's own items: the message, which also goes between nodes, and its actor.
#[derive(Debug)]
enum Message {
    Join { user: u64 },
    #[cfg(feature = "notes")]
    Note(String),
    Count(RpcReplyPort<u64>),
}
#[automatically_derived]
impl ::traced_actor::Message for Message {
    fn kind(&self) -> &'static ::traced_actor::Kind {
        match self {
            Self::Join { .. } => const { &::traced_actor::Kind::new("Join") }
            #[cfg(feature = "notes")]
            Self::Note { .. } => const { &::traced_actor::Kind::new("Note") }
            Self::Count { .. } => const { &::traced_actor::Kind::new("Count") }
        }
    }
    fn record(&self, fields: &mut ::traced_actor::Fields<'_>) {
        match self {
            Self::Join { user } => {
                fields.record("user", user);
            }
            _ => {}
        }
    }
}
#[allow(deprecated)]
const _: () = {
    #[derive(RactorClusterMessage)]
    enum __TracedTwin {
        Join { user: u64 },
        #[cfg(feature = "notes")]
        Note(String),
        #[rpc]
        Count(RpcReplyPort<u64>),
    }
    #[automatically_derived]
    impl ::traced_actor_ractor::TracedMessage for Message {
        fn is_call(&self) -> bool {
            #[allow(unreachable_patterns)]
            match self {
                Self::Count { .. } => true,
                _ => false,
            }
        }
    }
    #[automatically_derived]
    impl ::traced_actor_ractor::__private::ractor::Message for Message {
        fn box_message(
            self,
            to: &::traced_actor_ractor::__private::ractor::ActorId,
        ) -> ::traced_actor_ractor::__private::Boxed {
            ::traced_actor_ractor::box_message(self, to)
        }
        fn from_boxed(
            boxed: ::traced_actor_ractor::__private::ractor::message::BoxedMessage,
        ) -> ::traced_actor_ractor::__private::Unboxed<Self> {
            ::traced_actor_ractor::from_boxed(boxed)
        }
        fn serializable() -> bool {
            true
        }
        fn serialize(self) -> ::traced_actor_ractor::__private::Serialized {
            ::traced_actor_ractor::__private::ractor::Message::serialize(
                match self {
                    Self::Join { user: field_0 } => {
                        __TracedTwin::Join {
                            user: field_0,
                        }
                    }
                    #[cfg(feature = "notes")]
                    Self::Note { 0: field_0 } => __TracedTwin::Note { 0: field_0 },
                    Self::Count { 0: field_0 } => __TracedTwin::Count { 0: field_0 },
                },
            )
        }
        fn deserialize(
            bytes: ::traced_actor_ractor::__private::ractor::message::SerializedMessage,
        ) -> ::traced_actor_ractor::__private::Unboxed<Self> {
            let twin = <__TracedTwin as ::traced_actor_ractor::__private::ractor::Message>::deserialize(
                bytes,
            )?;
            ::core::result::Result::Ok(
                match twin {
                    __TracedTwin::Join { user: field_0 } => Self::Join { user: field_0 },
                    #[cfg(feature = "notes")]
                    __TracedTwin::Note { 0: field_0 } => Self::Note { 0: field_0 },
                    __TracedTwin::Count { 0: field_0 } => Self::Count { 0: field_0 },
                },
            )
        }
    }
};
struct Job<T>(T);
#[automatically_derived]
impl<T> ::traced_actor::Message for Job<T> {
    const OPTIONS: ::traced_actor::Options = ::traced_actor::Options::new().name("Job");
    fn kind(&self) -> &'static ::traced_actor::Kind {
        const { &::traced_actor::Kind::new("Job") }
    }
}
#[allow(deprecated)]
const _: () = {
    #[automatically_derived]
    impl<T> ::traced_actor_ractor::TracedMessage for Job<T> {}
    #[automatically_derived]
    impl<T> ::traced_actor_ractor::__private::ractor::Message for Job<T> {
        fn box_message(
            self,
            to: &::traced_actor_ractor::__private::ractor::ActorId,
        ) -> ::traced_actor_ractor::__private::Boxed {
            ::traced_actor_ractor::box_message(self, to)
        }
        fn from_boxed(
            boxed: ::traced_actor_ractor::__private::ractor::message::BoxedMessage,
        ) -> ::traced_actor_ractor::__private::Unboxed<Self> {
            ::traced_actor_ractor::from_boxed(boxed)
        }
    }
};
impl<T: Send + Sync + 'static> Actor for Guild<T> {
    type Msg = Message;
    type State = u64;
    type Arguments = ();
    async fn pre_start(
        &self,
        _: ActorRef<Message>,
        (): (),
    ) -> Result<u64, ActorProcessingErr> {
        Ok(0)
    }
    fn handle(
        &self,
        argument_0: ActorRef<Message>,
        argument_1: Message,
        sum: &mut u64,
    ) -> impl ::core::future::Future<Output = Result<(), ActorProcessingErr>> {
        let opened = ::traced_actor_ractor::__private::open(
            const { &::traced_actor::Options::new().name("Guild").start_never() },
            argument_0.get_id(),
            &argument_1,
        );
        ::traced_actor_ractor::__private::handle(
            opened,
            async move {
                if let ::core::option::Option::Some(output) = ::core::option::Option::None::<
                    Result<(), ActorProcessingErr>,
                > {
                    return output;
                }
                let _argument = argument_0;
                let mut message = argument_1;
                {
                    work(&mut message, sum)?;
                    Ok(())
                }
            },
        )
    }
    async fn handle_supervisor_evt(
        &self,
        argument_0: ActorRef<Message>,
        argument_1: SupervisionEvent,
        _: &mut u64,
    ) -> Result<(), ActorProcessingErr> {
        ::traced_actor_ractor::__private::supervised(&argument_1);
        let myself = argument_0;
        let event = argument_1;
        { restart(myself, event).await }
    }
}
