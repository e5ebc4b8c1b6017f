use traced_actor::traced_actor;

#[traced_actor]
enum Message {
    Post {
        #[traced(fields)]
        channel: u64,
    },
}

fn main() {}
