//! Generic parameters, lifetimes and where clauses are carried through.
pub enum Action<'a, B, const N: usize = 4>
where
    B: Block,
{
    Get { block: &'a B, reply: Reply<B> },
    Flush([u8; N]),
}
#[automatically_derived]
impl<'a, B, const N: usize> ::traced_actor::Message for Action<'a, B, N>
where
    B: Block,
{
    fn kind(&self) -> &'static ::traced_actor::Kind {
        match self {
            Self::Get { .. } => const { &::traced_actor::Kind::new("Get") }
            Self::Flush { .. } => const { &::traced_actor::Kind::new("Flush") }
        }
    }
}
impl<B, R> Inbox<B, R>
where
    B: Block,
    R: Route,
{
    #[doc(hidden)]
    async fn __traced_handle_inbox(
        &mut self,
        action: Action<'static, B>,
    ) -> ControlFlow<()> {
        self.apply(action)
    }
    #[doc(hidden)]
    pub async fn __traced_run<S: Stream, const N: usize>(mut self, mut signals: S) {
        while let Some(action) = self.rx.recv().await {
            if self.handle_inbox(action).await.is_break() {
                signals.stop::<N>();
            }
        }
    }
    #[allow(clippy::manual_async_fn)]
    fn handle_inbox<
        __M: ::core::convert::Into<::traced_actor::Envelope<Action<'static, B>>>,
    >(&mut self, action: __M) -> impl ::core::future::Future<Output = ControlFlow<()>> {
        let (message, claimed) = ::traced_actor::__private::claim(
            const { &::traced_actor::Options::new().name("Inbox") },
            action,
            {
                use ::traced_actor::__private::traits::*;
                (&::traced_actor::__private::Describe::<Action<'static, B>>::new())
                    .describe()
            },
        );
        use ::traced_actor::__private::traits::*;
        return ::traced_actor::__private::handler(
            claimed,
            self.__traced_handle_inbox(message),
            |output| (&&&::traced_actor::__private::Outcome(output)).failure(),
        );
    }
    pub async fn run<S: Stream, const N: usize>(self, signals: S) {
        if false {
            use ::traced_actor::__private::traits::*;
            (&self.rx).loses_trace();
        }
        ::traced_actor::__private::run(
                const { &::traced_actor::Options::new().name("Inbox") },
                ::traced_actor::__private::Loop {
                    shares: false,
                    continues: false,
                },
                self.__traced_run::<S, N>(signals),
                |_| ::core::option::Option::None,
            )
            .await;
    }
}
