use traced_actor::traced_actor;

#[traced_actor]
enum Message {
    Tick,
}

struct Guild;

#[traced_actor]
impl Guild {
    #[traced(handel)]
    fn handle(&mut self, _message: Message) {}
}

fn main() {}
