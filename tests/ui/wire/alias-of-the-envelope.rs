use serde::{Deserialize, Serialize};
use traced_actor::traced_actor;

#[traced_actor]
#[derive(Serialize, Deserialize)]
enum Message {
    #[serde(alias = "__traced")]
    Join { user: u64 },
}

fn main() {}
