use traced_actor::traced_actor;

#[traced_actor]
#[traced_actor]
enum Message {
    Tick,
}

fn main() {}
