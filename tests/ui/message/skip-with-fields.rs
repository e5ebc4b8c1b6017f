use traced_actor::traced_actor;

#[traced_actor]
enum Message {
    #[traced(skip, fields(channel), sample = 0.5)]
    Post { channel: u64 },
}

fn main() {}
