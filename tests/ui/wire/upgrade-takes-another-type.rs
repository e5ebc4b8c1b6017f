use serde::{Deserialize, Serialize};
use traced_actor::traced_actor;

#[traced_actor]
#[derive(Serialize, Deserialize)]
#[traced(legacy(JoinV1, name = "Join", index = 0, upgrade = up))]
enum Message {
    #[traced(index = 1)]
    Enter { user: u64 },
}

#[derive(Serialize, Deserialize)]
struct JoinV1 {
    user: u64,
}

fn up(user: u64) -> Message {
    Message::Enter { user }
}

fn main() {}
