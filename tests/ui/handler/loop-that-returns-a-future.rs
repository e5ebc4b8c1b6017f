use traced_actor::traced_actor;

#[traced_actor]
enum Message {
    Tick,
}

struct Guild;

#[traced_actor(run = run)]
impl Guild {
    fn run(self) -> impl Future<Output = ()> {
        async {}
    }
}

fn main() {}
