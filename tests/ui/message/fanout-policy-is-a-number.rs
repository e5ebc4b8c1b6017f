use traced_actor::traced_actor;

#[traced_actor]
enum Message {
    #[traced(fanout_policy = 10)]
    Post,
}

fn main() {}
