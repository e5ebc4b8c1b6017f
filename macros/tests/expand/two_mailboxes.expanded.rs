//! Two mailboxes in one loop: each handler is found by what the loop hands to it, or is marked.
impl Node {
    async fn run(self, up: Up) {
        ::traced_actor::__private::run(
                const { &::traced_actor::Options::new().name("Node") },
                self.__traced_run(up),
                |_| ::core::option::Option::None,
            )
            .await;
    }
    async fn __traced_run(mut self, up: Up) {
        loop {
            tokio::select! {
                Some(command) = self.commands.recv() => self.on_cmd(command, & up),
                Some(request) = self.requests.recv() => self.on_rpc(request). await, else
                => break,
            }
        }
    }
    fn on_cmd(
        &mut self,
        command: impl ::core::convert::Into<::traced_actor::Envelope<Command>>,
        up: &Up,
    ) {
        let (command, claimed) = ::traced_actor::__private::claim(
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
            self.__traced_on_cmd(command, up)
        };
        handling.end(::core::option::Option::None);
    }
    fn __traced_on_cmd(&mut self, command: Command, up: &Up) {
        up.apply(command);
    }
    #[allow(clippy::manual_async_fn)]
    fn on_rpc(
        &mut self,
        request: impl ::core::convert::Into<::traced_actor::Envelope<Request>>,
    ) -> impl ::core::future::Future<Output = ()> {
        let (request, claimed) = ::traced_actor::__private::claim(
            const { &::traced_actor::Options::new().name("Node") },
            request,
            {
                use ::traced_actor::__private::traits::*;
                (&::traced_actor::__private::Describe::<Request>::new()).describe()
            },
        );
        ::traced_actor::__private::handler(
            claimed,
            self.__traced_on_rpc(request),
            |_| ::core::option::Option::None,
        )
    }
    async fn __traced_on_rpc(&mut self, request: Request) {
        request.reply(self.state());
    }
    async fn drain(&mut self) {
        while let Ok(command) = self.commands.try_recv() {
            drop(command);
        }
    }
}
#[automatically_derived]
impl ::traced_actor::Actor<Request> for Node {
    const OPTIONS: ::traced_actor::Options = ::traced_actor::Options::new().name("Node");
    async fn receive(&mut self, message: ::traced_actor::Envelope<Request>) {
        self.on_rpc(message).await;
    }
}
impl Marked {
    #[allow(clippy::manual_async_fn)]
    fn first(
        &mut self,
        message: impl ::core::convert::Into<::traced_actor::Envelope<First>>,
    ) -> impl ::core::future::Future<Output = ()> {
        let (message, claimed) = ::traced_actor::__private::claim(
            const { &::traced_actor::Options::new().name("Marked") },
            message,
            {
                use ::traced_actor::__private::traits::*;
                (&::traced_actor::__private::Describe::<First>::new()).describe()
            },
        );
        ::traced_actor::__private::handler(
            claimed,
            self.__traced_first(message),
            |_| ::core::option::Option::None,
        )
    }
    async fn __traced_first(&mut self, message: First) {}
    #[allow(clippy::manual_async_fn)]
    fn second(
        &mut self,
        message: impl ::core::convert::Into<::traced_actor::Envelope<Second>>,
    ) -> impl ::core::future::Future<Output = ()> {
        let (message, claimed) = ::traced_actor::__private::claim(
            const { &::traced_actor::Options::new().name("Marked") },
            message,
            {
                use ::traced_actor::__private::traits::*;
                (&::traced_actor::__private::Describe::<Second>::new()).describe()
            },
        );
        ::traced_actor::__private::handler(
            claimed,
            self.__traced_second(message),
            |_| ::core::option::Option::None,
        )
    }
    async fn __traced_second(&mut self, message: Second) {}
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
