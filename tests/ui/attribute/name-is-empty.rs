use traced_actor::traced_actor;

#[traced_actor(name = "")]
enum Message {
    Tick,
}

fn main() {}
