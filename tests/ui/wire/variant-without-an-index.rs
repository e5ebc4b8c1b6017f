use serde::{Deserialize, Serialize};
use traced_actor::traced_actor;

#[traced_actor]
#[derive(Serialize, Deserialize)]
#[traced(legacy(JoinV1, name = "Join", index = 0))]
enum Message {
    #[traced(index = 3)]
    Enter { user: u64, region: String },
    Leave { user: u64 },
}

fn main() {}
