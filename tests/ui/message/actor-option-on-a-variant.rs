use traced_actor::traced_actor;

#[traced_actor]
enum Message {
    #[traced(start = never)]
    Post,
}

fn main() {}
