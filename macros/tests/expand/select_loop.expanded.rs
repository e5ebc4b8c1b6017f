//! A loop that matches inline needs no handler, and what it calls is no handler either.
impl Gateway {
    #[doc(hidden)]
    async fn __traced_start(mut self) {
        loop {
            tokio::select! {
                biased; _ = self.interval.tick() => self.beat(), Some(command) = self
                .command_rx.recv() => match command { Command::Stop(ack) => break ack
                .send(()), Command::Frame(frame) => self.handle_message(frame). await, },
            }
        }
    }
    async fn start(self) {
        if false {
            use ::traced_actor::__private::traits::*;
            (&self.command_rx).loses_trace();
        }
        ::traced_actor::__private::run(
                const { &::traced_actor::Options::new().name("Gateway") },
                ::traced_actor::__private::Loop {
                    shares: false,
                    continues: false,
                },
                self.__traced_start(),
                |_| ::core::option::Option::None,
            )
            .await;
    }
    async fn handle_message(&mut self, frame: WsFrame) {
        self.socket.send(frame).await;
    }
}
