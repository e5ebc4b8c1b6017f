use traced_actor::traced_actor;

use traced_actor::sync::mpsc;

#[traced_actor]
pub enum Message {
    Tick,
}

pub struct Guild {
    pub receiver: mpsc::Receiver<Message>,
}

#[traced_actor(hop_limit = 0)]
impl Guild {
    pub async fn run(mut self) {
        while let Some(message) = self.receiver.recv().await {
            self.handle_message(message).await;
        }
    }

    async fn handle_message(&mut self, message: Message) -> u32 {
        match message {
            Message::Tick => 1,
        }
    }
}

async fn uses(guild: Guild) {
    traced_actor::spawn(guild, 1);
}

fn main() {}
