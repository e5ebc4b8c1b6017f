//! `self` in other forms, and none.

#[traced_actor]
impl Shared {
    async fn run(mut self: Box<Self>, mut rx: mpsc::Receiver<Message>) {
        let shared = Arc::new(self);
        while let Some(message) = rx.recv().await {
            shared.clone().handle_msg(message).await;
        }
    }

    async fn handle_msg(self: Arc<Self>, message: Message) -> usize {
        self.count(message)
    }
}

#[traced_actor]
impl Stateless {
    async fn serve(mut rx: mpsc::UnboundedReceiver<Message>) {
        while let Some(message) = rx.recv().await {
            Self::handle_msg(message).await;
        }
    }

    async fn handle_msg(message: Message) -> Option<Self> {
        None
    }
}
