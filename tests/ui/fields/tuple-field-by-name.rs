use traced_actor::traced_actor;

#[traced_actor]
enum Message {
    #[traced(fields(session))]
    Join(u64),
}

fn main() {}
