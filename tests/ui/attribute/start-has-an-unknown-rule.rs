use traced_actor::traced_actor;

#[traced_actor(start = sometimes)]
enum Message {
    Tick,
}

fn main() {}
