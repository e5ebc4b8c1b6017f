use traced_actor::traced_actor;

#[traced_actor]
mod guild {
    use serde::{Deserialize, Serialize};

    #[cfg_attr(not(test), derive(Serialize, Deserialize))]
    enum Message {
        #[traced(index = 1)]
        #[cfg_attr(not(test), serde(rename = "Enter"))]
        Join { user: u64 },
    }
}

fn main() {}
