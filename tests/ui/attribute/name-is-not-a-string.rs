use traced_actor::traced_actor;

#[traced_actor(name = Guild)]
enum Message {
    Tick,
}

fn main() {}
