use traced_actor::traced_actor;

#[traced_actor]
enum Message {
    #[traced(fields(channel))]
    Join { session: u64 },
    Post { channel: u64 },
}

fn main() {}
