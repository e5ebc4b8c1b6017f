use serde::{Deserialize, Serialize};
use traced_actor::traced_actor;

#[traced_actor]
#[derive(Serialize, Deserialize)]
#[traced(legacy(JoinV1, index = 0))]
enum Message {
    #[traced(index = 0)]
    Join { user: u64, region: String },
}

fn main() {}
