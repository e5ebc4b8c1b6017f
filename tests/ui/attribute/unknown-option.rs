use traced_actor::traced_actor;

#[traced_actor(nam = "Guild")]
enum Message {
    Tick,
}

fn main() {}
