use serde::{Deserialize, Serialize};
use traced_actor::traced_actor;

#[traced_actor]
#[derive(Serialize, Deserialize)]
#[traced(legacy(JoinV1, name = "Join", index = 0))]
struct Join {
    user: u64,
}

fn main() {}
