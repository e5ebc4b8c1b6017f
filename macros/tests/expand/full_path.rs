//! A channel that is named by `tokio::..`: whose it is depends on a `use` that the macro does not see, so the compiler
//! checks what was assumed.

#[traced_actor]
impl Guild {
    fn new(rx: tokio::sync::mpsc::Receiver<Message>) -> Self {
        Self { rx }
    }

    async fn run(mut self) {
        while let Some(message) = self.rx.recv().await {
            drop(message);
        }
    }
}

#[traced_actor]
impl Desk {
    fn new(orders: mpsc::Receiver<Order>, frames: tokio::sync::mpsc::Receiver<Frame>) -> Self {
        Self { orders, frames }
    }

    async fn run(mut self) {
        while let Some(Order::Buy) = self.orders.recv().await {
            let Some(frame) = self.frames.recv().await else { break };
            self.show(frame);
        }
    }

    fn show(&mut self, frame: Frame) {}
}
