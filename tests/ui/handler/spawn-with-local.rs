use traced_actor::traced_actor;

#[traced_actor]
enum Tick {
    Tock,
}

struct Clock;

#[traced_actor(local, spawn)]
impl Clock {
    fn handle(&mut self, _tick: Tick) {}
}

fn main() {}
