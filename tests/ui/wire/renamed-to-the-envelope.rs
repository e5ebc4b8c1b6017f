use serde::{Deserialize, Serialize};
use traced_actor::traced_actor;

#[traced_actor]
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Message {
    __Traced,
}

fn main() {}
