use serde::{Deserialize, Serialize};
use traced_actor::traced_actor;

#[traced_actor]
#[derive(Serialize, Deserialize)]
#[traced(legacy(JoinV2, name = "Join2", index = 1, until = 2))]
#[traced(legacy(JoinV1, name = "Join", index = 0, until = 1))]
enum Message {
    #[traced(index = 2, since = 2)]
    Enter { user: u64 },
}

fn main() {}
