use serde::{Deserialize, Serialize};
use traced_actor::traced_actor;

#[traced_actor]
#[derive(Serialize, Deserialize)]
enum Message {
    #[traced(index = 0, since = 0)]
    Join { user: u64 },
}

fn main() {}
