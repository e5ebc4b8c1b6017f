use traced_actor::traced_actor;

#[traced_actor]
enum Message {
    #[traced(fields)]
    Post { channel: u64 },
}

fn main() {}
