use traced_actor::traced_actor;

#[traced_actor(name = "Guild", hop_limit = 3, name = "Room")]
enum Message {
    Tick,
}

fn main() {}
