//! Handlers that are not async, with and without a result.
impl Counter {
    const __TWO_IMPLS_HANDLE_MESSAGE__WRITE_TRACED_ACTOR_LOCAL_ON_ONE: () = ();
    #[doc(hidden)]
    fn __traced_handle_message(&mut self, message: Message) {
        self.count += message.amount;
    }
    fn handle_message<__M: ::core::convert::Into<::traced_actor::Envelope<Message>>>(
        &mut self,
        message: __M,
    ) {
        let (message, claimed) = ::traced_actor::__private::claim(
            const { &::traced_actor::Options::new().name("Counter") },
            message,
            {
                use ::traced_actor::__private::traits::*;
                (&::traced_actor::__private::Describe::<Message>::new()).describe()
            },
        );
        let mut handling = ::traced_actor::__private::handling(claimed);
        {
            let _entered = handling.enter();
            self.__traced_handle_message(message)
        };
        handling.end(::core::option::Option::None);
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
    #[doc(hidden)]
    fn __traced_on_cmd(&mut self, cmd: Command) -> ControlFlow<()> {
        self.apply(cmd)
    }
    #[doc(hidden)]
    async fn __traced_run(&mut self) {
        while let Some(cmd) = self.rx.recv().await {
            if self.on_cmd(cmd).is_break() {
                break;
            }
        }
    }
    fn on_cmd<__M: ::core::convert::Into<::traced_actor::Envelope<Command>>>(
        &mut self,
        cmd: __M,
    ) -> ControlFlow<()> {
        let (message, claimed) = ::traced_actor::__private::claim(
            const { &::traced_actor::Options::new().name("Door") },
            cmd,
            {
                use ::traced_actor::__private::traits::*;
                (&::traced_actor::__private::Describe::<Command>::new()).describe()
            },
        );
        let mut handling = ::traced_actor::__private::handling(claimed);
        use ::traced_actor::__private::traits::*;
        let output = ::traced_actor::__private::Output({
            let _entered = handling.enter();
            self.__traced_on_cmd(message)
        });
        return output
            .settle(
                handling,
                |output| (&&&::traced_actor::__private::Outcome(output)).failure(),
            );
    }
    async fn run(&mut self) {
        if false {
            use ::traced_actor::__private::traits::*;
            (&self.rx).loses_trace();
        }
        ::traced_actor::__private::run(
                const { &::traced_actor::Options::new().name("Door") },
                ::traced_actor::__private::Loop {
                    shares: false,
                    continues: false,
                },
                self.__traced_run(),
                |_| ::core::option::Option::None,
            )
            .await;
    }
}
