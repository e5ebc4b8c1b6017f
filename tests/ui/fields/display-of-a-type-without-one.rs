use traced_actor::traced_actor;

struct User;

#[traced_actor]
enum Message {
    #[traced(fields(%user))]
    Join { user: User },
}

fn main() {}
