use traced_actor::traced_actor;

#[traced_actor]
enum Message {
    #[cfg_attr(any(), traced(skip))]
    Post,
}

fn main() {}
