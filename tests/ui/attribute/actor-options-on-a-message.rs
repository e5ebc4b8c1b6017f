use traced_actor::traced_actor;

#[traced_actor(handler = handle, run = run, msg = Message)]
enum Message {
    Tick,
}

fn main() {}
