use traced_actor::traced_actor;

#[traced_actor(hop_limit = 70000)]
enum Message {
    Tick,
}

fn main() {}
