use traced_actor::traced_actor;

#[traced_actor]
enum Message {
    Tick,
}

struct Guild;

#[traced_actor]
impl Guild {
    fn members(&self) -> usize {
        0
    }
}

fn main() {}
