use traced_actor::traced_actor;

#[traced_actor]
enum Message {
    Tick,
}

struct Guild;

#[traced_actor(run = start)]
impl Guild {
    async fn run(self) {}
}

fn main() {}
