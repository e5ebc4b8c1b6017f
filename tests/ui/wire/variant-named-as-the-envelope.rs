use serde::{Deserialize, Serialize};
use traced_actor::traced_actor;

#[traced_actor]
#[derive(Serialize, Deserialize)]
enum Message {
    #[serde(rename = "__traced")]
    Join { user: u64 },
}

fn main() {}
