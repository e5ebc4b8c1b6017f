//! The usual actor: the attribute on the message and on the impl block.

#[traced_actor]
pub enum Message {
    Join { session: u64 },
    Leave(u64),
}

#[traced_actor]
impl Guild {
    /// Runs until the last sender is gone.
    pub async fn run(mut self) {
        while let Some(message) = self.receiver.recv().await {
            self.handle_message(message).await;
        }
    }

    async fn handle_message(&mut self, message: Message) {
        match message {
            Message::Join { session } => self.sessions.push(session),
            Message::Leave(session) => self.sessions.retain(|other| *other != session),
        }
    }
}
