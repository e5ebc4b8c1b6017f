use traced_actor::traced_actor;

#[traced_actor(sample = 0.5)]
enum Message {
    Tick,
}

fn main() {}
