use traced_actor::traced_actor;

#[traced_actor(start = never, sampler = crate::mine)]
enum Message {
    Tick,
}

fn main() {}
