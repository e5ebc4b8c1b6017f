use traced_actor::traced_actor;

#[traced_actor(name = "Guild" hops = 3)]
enum Message {
    Tick,
}

fn main() {}
