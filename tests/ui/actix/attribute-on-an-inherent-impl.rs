use traced_actor::traced_actor;

struct Guild;

#[traced_actor(actix)]
impl Guild {
    fn handle(&mut self, _: u64) {}
}

fn main() {}
