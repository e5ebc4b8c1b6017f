use traced_actor::traced_actor;

#[traced_actor]
enum Message {
    #[traced(fanout = recipients)]
    Post { recipients: Vec<u64> },
}

fn main() {}
