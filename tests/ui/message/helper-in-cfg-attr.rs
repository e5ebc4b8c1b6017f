use traced_actor::traced_actor;

#[traced_actor]
enum Message {
    #[cfg_attr(all(), traced(skip))]
    Post,
}

fn main() {}
