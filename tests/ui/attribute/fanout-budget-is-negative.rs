use traced_actor::traced_actor;

#[traced_actor(fanout_budget = -1)]
enum Message {
    Tick,
}

fn main() {}
