use actix::prelude::*;
use traced_actor::traced_actor;

struct Guild;

#[traced_actor(actix)]
impl Actor for Guild {
    type Context = Context<Self>;
}

fn main() {}
