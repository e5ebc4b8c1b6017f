use actix::prelude::*;
use traced_actor::traced_actor;
use traced_actor_actix::Context;

#[traced_actor(actix)]
struct Join;

impl Message for Join {
    type Result = ();
}

struct Guild;

impl Actor for Guild {
    type Context = Context<Self>;
}

impl Handler<Join> for Guild {
    type Result = ();

    fn handle(&mut self, _: Join, _: &mut Context<Self>) {}
}

fn main() {
    Context::new().run(Guild).do_send(Join);
}
