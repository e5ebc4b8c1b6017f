use traced_actor::traced_actor;

#[traced_actor]
enum Message {
    Tick,
}

struct Guild;

#[traced_actor(handler = handle)]
impl Guild {
    const fn handle(&self, message: Message) -> Message {
        message
    }
}

fn main() {}
