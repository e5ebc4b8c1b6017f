use traced_actor::traced_actor;

#[traced_actor(hops = 0)]
enum Message {
    Tick,
}

fn main() {}
