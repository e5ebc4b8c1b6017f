use traced_actor::traced_actor;

#[traced_actor]
enum Message {
    Tick,
}

struct Guild;

#[traced_actor(handler = handle)]
impl Guild {
    fn handle(&mut self) {}
}

fn main() {}
