use traced_actor::traced_actor;

#[traced_actor(name = "Guild", hops = 3, name = "Room")]
enum Message {
    Tick,
}

fn main() {}
