//! kameo's own items: an actor by its derive and by an impl, and a message of it.
#[derive(Debug)]
struct Guild<T: Send + 'static>(T);
#[automatically_derived]
impl<T: Send + 'static> ::traced_actor_kameo::__private::kameo::Actor for Guild<T> {
    type Args = Self;
    type Error = ::traced_actor_kameo::__private::kameo::error::Infallible;
    fn name() -> &'static str {
        "guild"
    }
    async fn on_start(
        argument_0: Self::Args,
        argument_1: ::traced_actor_kameo::__private::kameo::actor::ActorRef<Self>,
    ) -> ::core::result::Result<Self, Self::Error> {
        ::traced_actor_kameo::__private::started(argument_1.id());
        let args = argument_0;
        let _argument = argument_1;
        { ::core::result::Result::Ok(args) }
    }
    async fn next(
        &mut self,
        actor: ::traced_actor_kameo::__private::kameo::actor::WeakActorRef<Self>,
        mailbox: &mut ::traced_actor_kameo::__private::kameo::mailbox::MailboxReceiver<
            Self,
        >,
    ) -> ::core::result::Result<
        ::core::option::Option<
            ::traced_actor_kameo::__private::kameo::mailbox::Signal<Self>,
        >,
        Self::Error,
    > {
        let mut signal = mailbox.recv().await;
        ::traced_actor_kameo::__private::received(&actor, &mut signal);
        ::core::result::Result::Ok(signal)
    }
    async fn on_message(
        &mut self,
        message: ::traced_actor_kameo::__private::kameo::message::BoxMessage<Self>,
        actor: ::traced_actor_kameo::__private::kameo::actor::ActorRef<Self>,
        reply: ::core::option::Option<
            ::traced_actor_kameo::__private::kameo::reply::BoxReplySender,
        >,
        stop: &mut bool,
    ) -> ::traced_actor_kameo::__private::Handled {
        ::traced_actor_kameo::__private::on_message(self, message, actor, reply, stop)
            .await
    }
    async fn on_undelivered(
        &mut self,
        _: ::traced_actor_kameo::__private::kameo::error::ActorStopReason,
        messages: ::traced_actor_kameo::__private::Undelivered<Self>,
    ) -> ::core::result::Result<(), Self::Error> {
        ::traced_actor_kameo::__private::undelivered(&messages);
        ::core::result::Result::Ok(())
    }
}
#[automatically_derived]
impl<T: Send + 'static> ::traced_actor_kameo::TracedActor for Guild<T> {
    const OPTIONS: &'static ::traced_actor::Options = &::traced_actor::Options::new()
        .name("Guild")
        .start_never();
}
#[automatically_derived]
impl<
    T: Send + 'static,
> ::traced_actor_kameo::__private::kameo::message::Message<
    ::traced_actor_kameo::__private::Buffered<Guild<T>>,
> for Guild<T> {
    type Reply = ::traced_actor_kameo::__private::Passed;
    async fn handle(
        &mut self,
        message: ::traced_actor_kameo::__private::Buffered<Guild<T>>,
        context: &mut ::traced_actor_kameo::__private::kameo::message::Context<
            Self,
            Self::Reply,
        >,
    ) -> Self::Reply {
        message.handle(self, context).await
    }
}
#[cfg(feature = "doors")]
impl Actor for Door {
    type Args = u64;
    type Error = Closed;
    async fn on_start(
        argument_0: u64,
        argument_1: ActorRef<Self>,
    ) -> Result<Self, Closed> {
        ::traced_actor_kameo::__private::started(argument_1.id());
        let width = argument_0;
        let _argument = argument_1;
        { Ok(Self { width }) }
    }
    async fn next(
        &mut self,
        argument_0: WeakActorRef<Self>,
        argument_1: &mut MailboxReceiver<Self>,
    ) -> Result<Option<Signal<Self>>, Closed> {
        let actor = argument_0.clone();
        let taken: Result<Option<Signal<Self>>, Closed> = async move {
            if let ::core::option::Option::Some(output) = ::core::option::Option::None::<
                Result<Option<Signal<Self>>, Closed>,
            > {
                return output;
            }
            let _argument = argument_0;
            let mailbox = argument_1;
            {
                self.seen += 1;
                Ok(mailbox.recv().await)
            }
        }
            .await;
        taken
            .map(|mut signal| {
                ::traced_actor_kameo::__private::received(&actor, &mut signal);
                signal
            })
    }
    async fn on_message(
        &mut self,
        message: BoxMessage<Self>,
        actor: ActorRef<Self>,
        reply: Option<BoxReplySender>,
        stop: &mut bool,
    ) -> Result<(), Box<dyn ReplyError>> {
        ::traced_actor_kameo::__private::forget();
        { message.handle_dyn(self, actor, reply, stop).await }
    }
    async fn on_stop(
        &mut self,
        _: WeakActorRef<Self>,
        _: ActorStopReason,
    ) -> Result<(), Closed> {
        Ok(())
    }
    async fn on_undelivered(
        &mut self,
        _: ::traced_actor_kameo::__private::kameo::error::ActorStopReason,
        messages: ::traced_actor_kameo::__private::Undelivered<Self>,
    ) -> ::core::result::Result<(), Self::Error> {
        ::traced_actor_kameo::__private::undelivered(&messages);
        ::core::result::Result::Ok(())
    }
}
#[cfg(feature = "doors")]
#[automatically_derived]
impl ::traced_actor_kameo::TracedActor for Door {
    const OPTIONS: &'static ::traced_actor::Options = &::traced_actor::Options::new()
        .name("Door");
}
#[cfg(feature = "doors")]
#[automatically_derived]
impl ::traced_actor_kameo::__private::kameo::message::Message<
    ::traced_actor_kameo::__private::Buffered<Door>,
> for Door {
    type Reply = ::traced_actor_kameo::__private::Passed;
    async fn handle(
        &mut self,
        message: ::traced_actor_kameo::__private::Buffered<Door>,
        context: &mut ::traced_actor_kameo::__private::kameo::message::Context<
            Self,
            Self::Reply,
        >,
    ) -> Self::Reply {
        message.handle(self, context).await
    }
}
impl<T: Send + 'static> Message<Join> for Guild<T> {
    type Reply = Result<u64, Full>;
    fn handle(
        &mut self,
        argument_0: Join,
        argument_1: &mut Context<Self, Self::Reply>,
    ) -> impl ::core::future::Future<Output = Self::Reply> + ::core::marker::Send {
        let span = {
            #[allow(unused_imports)]
            use ::traced_actor::__private::traits::DescribeMessage as _;
            ::traced_actor_kameo::__private::open(
                <Self as ::traced_actor_kameo::TracedActor>::OPTIONS,
                argument_1.actor_ref(),
                &argument_0,
                (&::traced_actor::__private::Describe::<Join>::new()).describe(),
            )
        };
        span.run(
            async move {
                if let ::core::option::Option::Some(output) = ::core::option::Option::None::<
                    Self::Reply,
                > {
                    return output;
                }
                let mut join = argument_0;
                let _argument = argument_1;
                {
                    work(&mut join)?;
                    Ok(1)
                }
            },
            |reply: &Self::Reply| {
                #[allow(unused_imports)]
                use ::traced_actor_kameo::__private::{
                    ByNothing as _, BySendError as _, ByWords as _,
                };
                #[allow(unused_imports)]
                use ::traced_actor::__private::traits::MayFail as _;
                let failed = (&&::traced_actor_kameo::__private::Outcome(reply))
                    .send_failure();
                failed
                    .or_else(|| (&&&::traced_actor::__private::Outcome(reply)).failure())
            },
        )
    }
    fn name() -> &'static str {
        static ID: ::traced_actor_kameo::__private::NameId = ::traced_actor_kameo::__private::NameId::new();
        ::traced_actor_kameo::__private::name::<
            Self,
            Join,
        >(
            &ID,
            <Self as ::traced_actor_kameo::TracedActor>::OPTIONS,
            || ::core::any::type_name::<Join>(),
        )
    }
}
#[automatically_derived]
impl<
    T: Send + 'static,
> ::traced_actor_kameo::__private::kameo::message::Message<
    ::traced_actor_kameo::Enveloped<Join>,
> for Guild<T> {
    type Reply = <Self as ::traced_actor_kameo::__private::kameo::message::Message<
        Join,
    >>::Reply;
    fn name() -> &'static str {
        ::core::any::type_name::<Join>()
    }
    fn handle(
        &mut self,
        message: ::traced_actor_kameo::Enveloped<Join>,
        context: &mut ::traced_actor_kameo::__private::kameo::message::Context<
            Self,
            Self::Reply,
        >,
    ) -> impl ::core::future::Future<Output = Self::Reply> + ::core::marker::Send {
        let message = ::traced_actor_kameo::__private::unwrapped(
            context.actor_ref(),
            message,
        );
        <Self as ::traced_actor_kameo::__private::kameo::message::Message<
            Join,
        >>::handle(self, message, context)
    }
}
