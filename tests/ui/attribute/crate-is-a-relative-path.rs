use traced_actor::traced_actor;

#[traced_actor(crate = "actors::traced")]
enum Message {
    Tick,
}

fn main() {}
