use actix::prelude::*;
use traced_actor::traced_actor;
use traced_actor_actix::Context;

struct Guild;

#[traced_actor(actix)]
impl Actor for Guild {
    type Context = Context<Self>;
}

impl Supervised for Guild {}

fn main() {
    Supervisor::start(|_| Guild);
}
