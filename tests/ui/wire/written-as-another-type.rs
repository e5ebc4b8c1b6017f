use serde::{Deserialize, Serialize};
use traced_actor::traced_actor;

#[traced_actor]
#[derive(Clone, Serialize, Deserialize)]
#[serde(from = "u64", into = "u64")]
enum Message {
    #[traced(index = 1)]
    Join { user: u64 },
}

impl From<u64> for Message {
    fn from(user: u64) -> Self {
        Self::Join { user }
    }
}

impl From<Message> for u64 {
    fn from(message: Message) -> Self {
        let Message::Join { user } = message;
        user
    }
}

fn main() {}
