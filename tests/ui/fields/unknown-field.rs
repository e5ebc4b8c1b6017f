use traced_actor::traced_actor;

#[traced_actor]
enum Message {
    #[traced(fields(chanel))]
    Post { channel: u64 },
}

fn main() {}
