//! Handlers that are not async, with and without a result.
impl Counter {
    fn handle_message(
        &mut self,
        message: impl ::core::convert::Into<::traced_actor::Envelope<Message>>,
    ) {
        use ::traced_actor::__private::traits::*;
        let mut envelope = ::traced_actor::__private::envelope::<Message>(message);
        if ::traced_actor::__private::is_plain(&envelope) {
            self.__traced_handle_message(::traced_actor::__private::plain(envelope))
        } else {
            let mut handling = ::traced_actor::__private::handle(
                const { &::traced_actor::Options::new().name("Counter") },
                &mut envelope,
                (&::traced_actor::__private::Describe::<Message>::new()).describe(),
            );
            {
                let _entered = handling.enter();
                self.__traced_handle_message(envelope.into_message())
            }
            handling.end_ok();
        }
    }
    fn __traced_handle_message(&mut self, message: Message) {
        self.count += message.amount;
    }
}
#[automatically_derived]
impl ::traced_actor::Actor<Message> for Counter {
    const OPTIONS: ::traced_actor::Options = ::traced_actor::Options::new()
        .name("Counter");
    async fn receive(&mut self, message: ::traced_actor::Envelope<Message>) {
        self.handle_message(message);
    }
}
impl Door {
    fn on_cmd(
        &mut self,
        cmd: impl ::core::convert::Into<::traced_actor::Envelope<Command>>,
    ) -> ControlFlow<()> {
        use ::traced_actor::__private::traits::*;
        let mut envelope = ::traced_actor::__private::envelope::<Command>(cmd);
        if ::traced_actor::__private::is_plain(&envelope) {
            self.__traced_on_cmd(::traced_actor::__private::plain(envelope))
        } else {
            let mut handling = ::traced_actor::__private::handle(
                const { &::traced_actor::Options::new().name("Door") },
                &mut envelope,
                (&::traced_actor::__private::Describe::<Command>::new()).describe(),
            );
            let output = {
                let _entered = handling.enter();
                self.__traced_on_cmd(envelope.into_message())
            };
            handling.end((&&&::traced_actor::__private::Outcome(&output)).failure());
            output
        }
    }
    fn __traced_on_cmd(&mut self, cmd: Command) -> ControlFlow<()> {
        self.apply(cmd)
    }
    async fn run(&mut self) {
        ::traced_actor::__private::scope(
                const { &::traced_actor::Options::new().name("Door") },
                self.__traced_run(),
            )
            .await;
    }
    async fn __traced_run(&mut self) {
        while let Some(cmd) = self.rx.recv().await {
            if self.on_cmd(cmd).is_break() {
                break;
            }
        }
    }
}
#[automatically_derived]
impl ::traced_actor::Actor<Command> for Door {
    const OPTIONS: ::traced_actor::Options = ::traced_actor::Options::new().name("Door");
    async fn receive(&mut self, message: ::traced_actor::Envelope<Command>) {
        let _ = self.on_cmd(message);
    }
}
