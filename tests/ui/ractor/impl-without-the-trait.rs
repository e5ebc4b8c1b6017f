use traced_actor::traced_actor;

struct Guild;

#[traced_actor(ractor)]
impl Guild {
    async fn handle(&mut self, _message: u64) {}
}

fn main() {}
