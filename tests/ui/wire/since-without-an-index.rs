use serde::{Deserialize, Serialize};
use traced_actor::traced_actor;

#[traced_actor]
#[derive(Serialize, Deserialize)]
enum Message {
    #[traced(since = 1)]
    Join { user: u64 },
}

fn main() {}
