use traced_actor::traced_actor;

#[traced_actor]
enum Message {
    Tick,
}

struct Guild;

#[traced_actor(handler = handle_mesage)]
impl Guild {
    fn handle_message(&mut self, _message: Message) {}
}

fn main() {}
