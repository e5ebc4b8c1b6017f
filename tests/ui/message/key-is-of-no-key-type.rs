use traced_actor::traced_actor;

#[traced_actor]
enum Message {
    #[traced(key = position)]
    Move { position: (f32, f32) },
}

fn main() {}
