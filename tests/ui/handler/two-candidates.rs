use traced_actor::traced_actor;

#[traced_actor]
enum Message {
    Tick,
}

struct Guild;

#[traced_actor(msg = Message)]
impl Guild {
    fn on_tick(&mut self, _message: Message) {}
    fn on_other(&mut self, _message: Message) {}
}

fn main() {}
