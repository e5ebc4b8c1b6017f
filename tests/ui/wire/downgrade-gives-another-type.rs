use serde::{Deserialize, Serialize};
use traced_actor::traced_actor;

#[traced_actor]
#[derive(Serialize, Deserialize)]
#[traced(legacy(JoinV1, name = "Join", index = 0, upgrade = up, downgrade = down))]
enum Message {
    #[traced(index = 1)]
    Enter { user: u64 },
}

#[derive(Serialize, Deserialize)]
struct JoinV1 {
    user: u64,
}

fn up(old: JoinV1) -> Message {
    Message::Enter { user: old.user }
}

fn down(Message::Enter { user }: &Message) -> JoinV1 {
    JoinV1 { user: *user }
}

fn main() {}
