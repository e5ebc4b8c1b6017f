use traced_actor::traced_actor;

#[traced_actor]
enum Message {
    #[traced(sample = 1.5)]
    Post,
}

fn main() {}
