use actix::prelude::*;
use traced_actor::traced_actor;
use traced_actor_actix::Context;

struct Join;

impl Message for Join {
    type Result = ();
}

struct Guild;

#[traced_actor(actix)]
impl Actor for Guild {
    type Context = Context<Self>;
}

impl Handler<Join> for Guild {
    type Result = ();

    fn handle(&mut self, _: Join, _: &mut Context<Self>) {}
}

fn main() {
    Guild.start().do_send(Join);
}
