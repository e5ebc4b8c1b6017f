#[derive(Message)]
#[rtype(result = "Result<u64, Error>")]
struct Join(u64);
#[automatically_derived]
impl ::traced_actor::Message for Join {
    fn kind(&self) -> &'static ::traced_actor::Kind {
        const { &::traced_actor::Kind::new("Join") }
    }
}
#[allow(deprecated)]
const _: () = {
    #[allow(unused_imports)]
    use ::traced_actor_actix::__private::FailureByActix as _;
    #[allow(unused_imports)]
    use ::traced_actor::__private::traits::*;
    #[automatically_derived]
    impl ::traced_actor_actix::TracedMessage for Join {
        fn failure(
            result: &<Self as ::traced_actor_actix::__private::actix::Message>::Result,
        ) -> ::core::option::Option<::traced_actor::record::Failure<'_>> {
            (&&&&::traced_actor::__private::Outcome(result)).failure()
        }
    }
};
struct Wrapped<M>(M);
#[automatically_derived]
impl<M> ::traced_actor::Message for Wrapped<M> {
    fn kind(&self) -> &'static ::traced_actor::Kind {
        const { &::traced_actor::Kind::new("Wrapped") }
    }
}
#[allow(deprecated)]
const _: () = {
    #[allow(unused_imports)]
    use ::traced_actor_actix::__private::FailureByActix as _;
    #[allow(unused_imports)]
    use ::traced_actor::__private::traits::*;
    #[automatically_derived]
    impl<M> ::traced_actor_actix::TracedMessage for Wrapped<M>
    where
        Self: ::traced_actor_actix::__private::actix::Message,
    {
        fn failure(
            result: &<Self as ::traced_actor_actix::__private::actix::Message>::Result,
        ) -> ::core::option::Option<::traced_actor::record::Failure<'_>> {
            (&&&&::traced_actor::__private::Outcome(result)).failure()
        }
    }
};
impl Actor for Guild {
    type Context = Context<Self>;
}
#[automatically_derived]
impl ::traced_actor_actix::TracedActor for Guild {
    const OPTIONS: ::traced_actor::Options = ::traced_actor::Options::new()
        .name("Guild")
        .start_never();
    type Naming = ::traced_actor_actix::__private::ByType;
}
#[allow(dead_code, clippy::all, clippy::pedantic, clippy::restriction, clippy::nursery)]
impl Guild {
    /// Starts the actor, as `actix::Actor::start` does.
    #[doc(hidden)]
    pub fn start(self) -> ::traced_actor_actix::__private::actix::Addr<Self>
    where
        for<'never> Self: ::traced_actor_actix::__private::actix::Actor<
            Context = ::traced_actor_actix::Context<Self>,
        >,
    {
        ::traced_actor_actix::__private::start(self)
    }
    /// Starts the default of the actor, as `actix::Actor::start_default` does.
    #[doc(hidden)]
    pub fn start_default() -> ::traced_actor_actix::__private::actix::Addr<Self>
    where
        for<'never> Self: ::traced_actor_actix::__private::actix::Actor<
            Context = ::traced_actor_actix::Context<Self>,
        >,
        for<'never> Self: ::core::default::Default,
    {
        ::traced_actor_actix::__private::start(
            <Self as ::core::default::Default>::default(),
        )
    }
    /// Starts an actor that is created with its context, as `actix::Actor::create` does.
    #[doc(hidden)]
    pub fn create<TracedCreate>(
        create: TracedCreate,
    ) -> ::traced_actor_actix::__private::actix::Addr<Self>
    where
        for<'never> Self: ::traced_actor_actix::__private::actix::Actor<
            Context = ::traced_actor_actix::Context<Self>,
        >,
        TracedCreate: ::core::ops::FnOnce(
            &mut ::traced_actor_actix::Context<Self>,
        ) -> Self,
    {
        ::traced_actor_actix::__private::create(create)
    }
    /// Starts an actor in another arbiter, as `actix::Actor::start_in_arbiter` does.
    #[doc(hidden)]
    pub fn start_in_arbiter<TracedCreate>(
        arbiter: &::traced_actor_actix::__private::actix::ArbiterHandle,
        create: TracedCreate,
    ) -> ::traced_actor_actix::__private::actix::Addr<Self>
    where
        for<'never> Self: ::traced_actor_actix::__private::actix::Actor<
            Context = ::traced_actor_actix::Context<Self>,
        >,
        TracedCreate: ::core::ops::FnOnce(
                &mut ::traced_actor_actix::Context<Self>,
            ) -> Self + ::core::marker::Send + 'static,
    {
        ::traced_actor_actix::__private::start_in_arbiter(arbiter, create)
    }
}
impl<T: Send + 'static> Actor for Pool<T> {
    type Context = SyncContext<Self>;
}
#[automatically_derived]
impl<T: Send + 'static> ::traced_actor_actix::TracedActor for Pool<T> {
    const OPTIONS: ::traced_actor::Options = ::traced_actor::Options::new().name("Pool");
    type Naming = ::traced_actor_actix::__private::ByAttribute;
}
