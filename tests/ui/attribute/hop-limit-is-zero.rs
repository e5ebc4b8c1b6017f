use traced_actor::traced_actor;

#[traced_actor(hop_limit = 0)]
enum Message {
    Tick,
}

fn main() {}
