//! The attribute on single methods of an impl block.
impl Guild {
    pub async fn run(self) {
        ::traced_actor::__private::run(
                const { &::traced_actor::Options::new().name("Guild") },
                self.__traced_run(),
                |_| ::core::option::Option::None,
            )
            .await;
    }
    async fn __traced_run(mut self) {
        while let Some(message) = self.rx.recv().await {
            self.step(message);
        }
    }
    fn step(
        &mut self,
        message: impl ::core::convert::Into<::traced_actor::Envelope<Message>>,
    ) {
        let (message, claimed) = ::traced_actor::__private::claim(
            const { &::traced_actor::Options::new().name("Guild") },
            message,
            {
                use ::traced_actor::__private::traits::*;
                (&::traced_actor::__private::Describe::<Message>::new()).describe()
            },
        );
        let mut handling = ::traced_actor::__private::handling(claimed);
        {
            let _entered = handling.enter();
            self.__traced_step(message)
        };
        handling.end(::core::option::Option::None);
    }
    fn __traced_step(&mut self, message: Message) {}
}
