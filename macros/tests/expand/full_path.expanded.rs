//! A channel that is named by `tokio::..`: whose it is depends on a `use` that the macro does not see, so the compiler
//! checks what was assumed.
impl Guild {
    #[doc(hidden)]
    async fn __traced_run(mut self) {
        while let Some(message) = self.rx.recv().await {
            drop(message);
        }
    }
    fn new(rx: tokio::sync::mpsc::Receiver<Message>) -> Self {
        Self { rx }
    }
    async fn run(self) {
        const _: fn() = ::traced_actor::__private::carries_trace::<
            tokio::sync::mpsc::Receiver<()>,
        >;
        ::traced_actor::__private::run(
                const { &::traced_actor::Options::new().name("Guild") },
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
impl Desk {
    #[doc(hidden)]
    async fn __traced_run(mut self) {
        while let Some(Order::Buy) = self.orders.recv().await {
            let Some(frame) = self.frames.recv().await else { break };
            self.show(frame);
        }
    }
    fn new(
        orders: mpsc::Receiver<Order>,
        frames: tokio::sync::mpsc::Receiver<Frame>,
    ) -> Self {
        Self { orders, frames }
    }
    async fn run(self) {
        const _: () = {
            use ::traced_actor::__private::traits::*;
            ::traced_actor::__private::carries_none(
                ::traced_actor::__private::Channel::<
                    tokio::sync::mpsc::Receiver<()>,
                >::CARRIES_TRACE,
            );
        };
        ::traced_actor::__private::run(
                const { &::traced_actor::Options::new().name("Desk") },
                ::traced_actor::__private::Loop {
                    shares: false,
                    continues: false,
                },
                self.__traced_run(),
                |_| ::core::option::Option::None,
            )
            .await;
    }
    fn show(&mut self, frame: Frame) {}
}
