use traced_actor::traced_actor;

#[traced_actor]
enum Message {
    Tick,
}

struct Guild;

#[traced_actor]
impl Guild {
    fn handle(&mut self, _message: Message) {}
    fn __traced_handle(&mut self) {}
}

fn main() {}
