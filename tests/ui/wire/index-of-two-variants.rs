use serde::{Deserialize, Serialize};
use traced_actor::traced_actor;

#[traced_actor]
#[derive(Serialize, Deserialize)]
enum Message {
    #[traced(index = 1)]
    Join { user: u64 },
    #[traced(index = 1)]
    Leave { user: u64 },
}

fn main() {}
