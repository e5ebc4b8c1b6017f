//! The runtime under another name.

#[traced_actor(crate = "crate::vendored::tracing_of_actors")]
mod guild {
    pub(super) enum Message {
        #[traced(fields(%_0))]
        Join(u64),
    }

    pub(super) struct Guild {
        receiver: mpsc::Receiver<Message>,
    }

    impl Guild {
        async fn run(mut self) {
            while let Some(Message::Join(session)) = self.receiver.recv().await {
                self.join(session);
            }
        }

        fn join(&mut self, session: u64) {}
    }
}
