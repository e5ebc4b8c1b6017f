//! The attribute on single methods of an impl block.
impl Guild {
    pub async fn run(mut self) {
        ::traced_actor::__private::scope(
                const { &::traced_actor::Options::new().name("Guild") },
                async move {
                    while let Some(message) = self.rx.recv().await {
                        self.step(message);
                    }
                },
            )
            .await;
    }
    #[doc(hidden)]
    fn __traced_step(&mut self, message: Message) {}
    fn step<__M: ::core::convert::Into<::traced_actor::Envelope<Message>>>(
        &mut self,
        message: __M,
    ) {
        use ::traced_actor::__private::traits::*;
        let (message, carried) = ::traced_actor::__private::parts::<Message>(message);
        let ::core::option::Option::Some(carried) = carried else {
            return self.__traced_step(message);
        };
        let (message, mut handling) = ::traced_actor::__private::handle(
            const { &::traced_actor::Options::new().name("Guild") },
            message,
            carried,
            (&::traced_actor::__private::Describe::<Message>::new()).describe(),
        );
        {
            let _entered = handling.enter();
            self.__traced_step(message)
        }
        handling.end_ok();
    }
}
