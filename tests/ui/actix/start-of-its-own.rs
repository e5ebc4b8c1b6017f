use actix::prelude::*;
use traced_actor::traced_actor;
use traced_actor_actix::Context;

struct Guild;

#[traced_actor(actix)]
impl Actor for Guild {
    type Context = Context<Self>;
}

impl Guild {
    fn start() -> Addr<Self> {
        Self::create(|_| Self)
    }
}

fn main() {
    Guild::start();
}
