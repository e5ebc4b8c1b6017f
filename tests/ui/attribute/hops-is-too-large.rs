use traced_actor::traced_actor;

#[traced_actor(hops = 70000)]
enum Message {
    Tick,
}

fn main() {}
