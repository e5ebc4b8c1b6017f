use serde::{Deserialize, Serialize};
use traced_actor::traced_actor;

#[traced_actor]
#[derive(Serialize, Deserialize)]
#[traced(legacy(JoinV1, upgrade = up))]
enum Message {
    #[traced(index = 1)]
    Join { user: u64 },
}

fn main() {}
