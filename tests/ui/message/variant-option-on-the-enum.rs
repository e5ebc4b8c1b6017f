use traced_actor::traced_actor;

#[traced_actor]
#[traced(sample = 0.5)]
enum Message {
    Post,
}

fn main() {}
