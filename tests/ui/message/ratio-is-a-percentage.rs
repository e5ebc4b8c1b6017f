use traced_actor::traced_actor;

#[traced_actor]
enum Message {
    #[traced(sample = "10%")]
    Post,
}

fn main() {}
