use traced_actor::traced_actor;

#[traced_actor]
enum Message {
    #[traced(sample = 0.1, sample = 0.2)]
    Post,
}

fn main() {}
