use traced_actor::traced_actor;

#[traced_actor]
enum Message {
    #[traced(sample = -0.5)]
    Post,
}

fn main() {}
