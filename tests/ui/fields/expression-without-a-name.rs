use traced_actor::traced_actor;

#[traced_actor]
enum Message {
    #[traced(fields(text.len()))]
    Post { text: String },
}

fn main() {}
