use serde::{Deserialize, Serialize};
use traced_actor::traced_actor;

#[traced_actor]
#[derive(Serialize, Deserialize)]
enum Message {
    #[traced(index = 1, legacy(JoinV1, name = "Join", index = 0))]
    Enter { user: u64 },
}

fn main() {}
