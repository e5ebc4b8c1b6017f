use traced_actor::traced_actor;

fn half(n: usize) -> usize {
    n / 2
}

#[traced_actor]
enum Message {
    #[traced(fanout_policy = half)]
    Post,
}

fn main() {}
