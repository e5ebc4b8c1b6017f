use traced_actor::traced_actor;

fn mine(kind: &str) -> bool {
    kind == "Post"
}

#[traced_actor]
enum Message {
    #[traced(sample = mine)]
    Post,
}

fn main() {}
