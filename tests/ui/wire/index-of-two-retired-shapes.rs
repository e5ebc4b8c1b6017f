use serde::{Deserialize, Serialize};
use traced_actor::traced_actor;

#[traced_actor]
#[derive(Serialize, Deserialize)]
#[traced(legacy(JoinV1, index = 0))]
#[traced(legacy(JoinV2, index = 0))]
enum Message {
    #[traced(index = 1)]
    Join { user: u64 },
}

fn main() {}
