//! A module with two actors, a handle that only sends, and data that is no message.

#[traced_actor]
mod chat {
    enum GuildMessage {
        Join(u64),
    }

    struct SessionMessage(String);

    struct Config {
        size: usize,
    }

    struct Guild {
        rx: mpsc::Receiver<GuildMessage>,
    }

    impl Guild {
        async fn handle(&mut self, message: GuildMessage) {}
    }

    #[derive(Clone)]
    struct GuildHandle {
        tx: mpsc::Sender<GuildMessage>,
    }

    impl GuildHandle {
        async fn tell(&self, message: GuildMessage) {
            let _ = self.tx.send(message).await;
        }
    }

    struct Session {
        rx: Inbox,
    }

    type Inbox = mpsc::UnboundedReceiver<SessionMessage>;

    impl Session {
        fn push(&mut self, SessionMessage(text): SessionMessage) {}
    }

    async fn run_session(mut session: Session) {
        while let Some(message) = session.rx.recv().await {
            session.push(message);
        }
    }
}
