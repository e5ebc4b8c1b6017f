use traced_actor::traced_actor;

#[traced_actor]
enum Message {
    #[traced(fan_out = 3)]
    Post,
}

fn main() {}
