use traced_actor::traced_actor;

use traced_actor::Message as _;

#[traced_actor(nam = "Guild")]
pub mod guild {
    use traced_actor::sync::mpsc;

    #[derive(Debug)]
    pub enum Message {
        #[traced(fields(channel))]
        Post { channel: u64 },
    }

    pub struct Guild {
        pub receiver: mpsc::Receiver<Message>,
    }

    impl Guild {
        pub async fn run(mut self) {
            while let Some(message) = self.receiver.recv().await {
                self.handle_message(message).await;
            }
        }

        async fn handle_message(&mut self, message: Message) {
            println!("{message:?}");
        }
    }
}

fn uses(receiver: traced_actor::sync::mpsc::Receiver<guild::Message>) {
    let guild = guild::Guild { receiver };
    println!("{}", guild::Message::Post { channel: 1 }.kind().name());
    traced_actor::spawn(guild, 1);
}

fn main() {}
