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
        ::traced_actor::__private::scope(
                const { &::traced_actor::Options::new().name("Node") },
                self.__traced_run(up),
            )
            .await;
    }
    fn on_cmd<__M: ::core::convert::Into<::traced_actor::Envelope<Command>>>(
        &mut self,
        command: __M,
        up: &Up,
    ) {
        use ::traced_actor::__private::traits::*;
        let (command, carried) = ::traced_actor::__private::parts::<Command>(command);
        let ::core::option::Option::Some(carried) = carried else {
            return self.__traced_on_cmd(command, up);
        };
        let (command, mut handling) = ::traced_actor::__private::handle(
            const { &::traced_actor::Options::new().name("Node") },
            command,
            carried,
            (&::traced_actor::__private::Describe::<Command>::new()).describe(),
        );
        {
            let _entered = handling.enter();
            self.__traced_on_cmd(command, up)
        }
        handling.end_ok();
    }
    async fn on_rpc<__M: ::core::convert::Into<::traced_actor::Envelope<Request>>>(
        &mut self,
        request: __M,
    ) {
        use ::traced_actor::__private::traits::*;
        let (request, carried) = ::traced_actor::__private::parts::<Request>(request);
        let ::core::option::Option::Some(carried) = carried else {
            return self.__traced_on_rpc(request).await;
        };
        let (request, mut handling) = ::traced_actor::__private::handle(
            const { &::traced_actor::Options::new().name("Node") },
            request,
            carried,
            (&::traced_actor::__private::Describe::<Request>::new()).describe(),
        );
        handling.run(self.__traced_on_rpc(request)).await;
        handling.end_ok();
    }
    async fn drain(&mut self) {
        while let Ok(command) = self.commands.try_recv() {
            drop(command);
        }
    }
}
impl Marked {
    #[doc(hidden)]
    async fn __traced_first(&mut self, message: First) {}
    #[doc(hidden)]
    async fn __traced_second(&mut self, message: Second) {}
    async fn first<__M: ::core::convert::Into<::traced_actor::Envelope<First>>>(
        &mut self,
        message: __M,
    ) {
        use ::traced_actor::__private::traits::*;
        let (message, carried) = ::traced_actor::__private::parts::<First>(message);
        let ::core::option::Option::Some(carried) = carried else {
            return self.__traced_first(message).await;
        };
        let (message, mut handling) = ::traced_actor::__private::handle(
            const { &::traced_actor::Options::new().name("Marked") },
            message,
            carried,
            (&::traced_actor::__private::Describe::<First>::new()).describe(),
        );
        handling.run(self.__traced_first(message)).await;
        handling.end_ok();
    }
    async fn second<__M: ::core::convert::Into<::traced_actor::Envelope<Second>>>(
        &mut self,
        message: __M,
    ) {
        use ::traced_actor::__private::traits::*;
        let (message, carried) = ::traced_actor::__private::parts::<Second>(message);
        let ::core::option::Option::Some(carried) = carried else {
            return self.__traced_second(message).await;
        };
        let (message, mut handling) = ::traced_actor::__private::handle(
            const { &::traced_actor::Options::new().name("Marked") },
            message,
            carried,
            (&::traced_actor::__private::Describe::<Second>::new()).describe(),
        );
        handling.run(self.__traced_second(message)).await;
        handling.end_ok();
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
