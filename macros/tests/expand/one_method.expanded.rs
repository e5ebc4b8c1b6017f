//! The attribute on single methods of an impl block.
impl Guild {
    pub async fn run(mut self) {
        if false {
            use ::traced_actor::__private::traits::*;
            (&self.rx).loses_trace();
        }
        ::traced_actor::__private::run(
                const { &::traced_actor::Options::new().name("Guild") },
                ::traced_actor::__private::Loop {
                    shares: false,
                    continues: false,
                },
                async move {
                    while let Some(message) = self.rx.recv().await {
                        self.step(message);
                    }
                },
                |_| ::core::option::Option::None,
            )
            .await;
    }
    #[doc(hidden)]
    fn __traced_step(&mut self, message: Message) {}
    fn step<__M: ::core::convert::Into<::traced_actor::Envelope<Message>>>(
        &mut self,
        message: __M,
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
}
