use serde::{Deserialize, Serialize};
use traced_actor::traced_actor;

#[traced_actor]
#[derive(Serialize, Deserialize)]
#[traced(legacy(JoinV1, name = "Join", index = 0, since = 2))]
enum Message {
    #[traced(index = 1)]
    Enter { user: u64 },
}

fn main() {}
