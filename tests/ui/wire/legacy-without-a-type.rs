use serde::{Deserialize, Serialize};
use traced_actor::traced_actor;

#[traced_actor]
#[derive(Serialize, Deserialize)]
#[traced(legacy(name = "Join", index = 0))]
enum Message {
    Enter { user: u64 },
}

fn main() {}
