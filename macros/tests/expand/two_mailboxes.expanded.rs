//! Two mailboxes in one loop: each handler is found by what the loop hands to it, or is marked.
impl Node {
    #[doc(hidden)]
    fn __traced_on_cmd(&mut self, command: Command, up: &Up) {
        up.apply(command);
    }
    #[doc(hidden)]
    async fn __traced_on_rpc(&mut self, request: Request) {
        request.reply(self.state());
    }
    #[doc(hidden)]
    async fn __traced_run(mut self, up: Up) {
        loop {
            tokio::select! {
                Some(command) = self.commands.recv() => self.on_cmd(command, & up),
                Some(request) = self.requests.recv() => self.on_rpc(request). await, else
                => break,
            }
        }
    }
    async fn run(self, up: Up) {
        ::traced_actor::__private::run(
                const { &::traced_actor::Options::new().name("Node") },
                ::traced_actor::__private::Loop {
                    shares: false,
                    continues: false,
                },
                self.__traced_run(up),
                |_| ::core::option::Option::None,
            )
            .await;
    }
    fn on_cmd<__M: ::core::convert::Into<::traced_actor::Envelope<Command>>>(
        &mut self,
        command: __M,
        up: &Up,
    ) {
        let (message, claimed) = ::traced_actor::__private::claim(
            const { &::traced_actor::Options::new().name("Node") },
            command,
            {
                use ::traced_actor::__private::traits::*;
                (&::traced_actor::__private::Describe::<Command>::new()).describe()
            },
        );
        let mut handling = ::traced_actor::__private::handling(claimed);
        {
            let _entered = handling.enter();
            self.__traced_on_cmd(message, up)
        };
        handling.end(::core::option::Option::None);
    }
    #[allow(clippy::manual_async_fn)]
    fn on_rpc<__M: ::core::convert::Into<::traced_actor::Envelope<Request>>>(
        &mut self,
        request: __M,
    ) -> impl ::core::future::Future<Output = ()> {
        let (message, claimed) = ::traced_actor::__private::claim(
            const { &::traced_actor::Options::new().name("Node") },
            request,
            {
                use ::traced_actor::__private::traits::*;
                (&::traced_actor::__private::Describe::<Request>::new()).describe()
            },
        );
        return ::traced_actor::__private::handler(
            claimed,
            self.__traced_on_rpc(message),
            |_| ::core::option::Option::None,
        );
    }
    async fn drain(&mut self) {
        while let Ok(command) = self.commands.try_recv() {
            drop(command);
        }
    }
}
impl Marked {
    const __TWO_IMPLS_HANDLE_FIRST__WRITE_TRACED_ACTOR_LOCAL_ON_ONE: () = ();
    const __TWO_IMPLS_HANDLE_SECOND__WRITE_TRACED_ACTOR_LOCAL_ON_ONE: () = ();
    #[doc(hidden)]
    async fn __traced_first(&mut self, message: First) {}
    #[doc(hidden)]
    async fn __traced_second(&mut self, message: Second) {}
    #[allow(clippy::manual_async_fn)]
    fn first<__M: ::core::convert::Into<::traced_actor::Envelope<First>>>(
        &mut self,
        message: __M,
    ) -> impl ::core::future::Future<Output = ()> {
        let (message, claimed) = ::traced_actor::__private::claim(
            const { &::traced_actor::Options::new().name("Marked") },
            message,
            {
                use ::traced_actor::__private::traits::*;
                (&::traced_actor::__private::Describe::<First>::new()).describe()
            },
        );
        return ::traced_actor::__private::handler(
            claimed,
            self.__traced_first(message),
            |_| ::core::option::Option::None,
        );
    }
    #[allow(clippy::manual_async_fn)]
    fn second<__M: ::core::convert::Into<::traced_actor::Envelope<Second>>>(
        &mut self,
        message: __M,
    ) -> impl ::core::future::Future<Output = ()> {
        let (message, claimed) = ::traced_actor::__private::claim(
            const { &::traced_actor::Options::new().name("Marked") },
            message,
            {
                use ::traced_actor::__private::traits::*;
                (&::traced_actor::__private::Describe::<Second>::new()).describe()
            },
        );
        return ::traced_actor::__private::handler(
            claimed,
            self.__traced_second(message),
            |_| ::core::option::Option::None,
        );
    }
}
#[automatically_derived]
impl ::traced_actor::Actor<First> for Marked {
    const OPTIONS: ::traced_actor::Options = ::traced_actor::Options::new()
        .name("Marked");
    async fn receive(&mut self, message: ::traced_actor::Envelope<First>) {
        self.first(message).await;
    }
}
#[automatically_derived]
impl ::traced_actor::Actor<Second> for Marked {
    const OPTIONS: ::traced_actor::Options = ::traced_actor::Options::new()
        .name("Marked");
    async fn receive(&mut self, message: ::traced_actor::Envelope<Second>) {
        self.second(message).await;
    }
}
