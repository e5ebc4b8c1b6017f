use serde::{Deserialize, Serialize};
use traced_actor::traced_actor;

#[traced_actor]
#[derive(Serialize, Deserialize)]
enum Message {
    #[traced(index = 1)]
    #[serde(skip)]
    Join { user: u64 },
}

fn main() {}
