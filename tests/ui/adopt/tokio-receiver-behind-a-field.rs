#![deny(deprecated)]

use traced_actor::traced_actor;

mod guild {
    #[traced_actor::traced_actor]
    pub enum Message {
        Tick,
    }

    pub struct Guild {
        pub inbox: tokio::sync::mpsc::Receiver<Message>,
    }
}

use guild::{Guild, Message};

#[traced_actor]
impl Guild {
    pub async fn run(mut self) {
        while let Some(message) = self.inbox.recv().await {
            self.handle(message);
        }
    }

    fn handle(&mut self, message: Message) {
        let Message::Tick = message;
    }
}

#[traced_actor]
pub async fn run_guild(mut guild: Guild) {
    while let Ok(Message::Tick) = guild.inbox.try_recv() {}
}

fn main() {}
