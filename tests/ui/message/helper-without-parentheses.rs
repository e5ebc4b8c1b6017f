use traced_actor::traced_actor;

#[traced_actor]
enum Message {
    #[traced = "skip"]
    Post,
}

fn main() {}
