use kameo::prelude::*;
use traced_actor::traced_actor;

#[derive(Actor)]
struct Guild;

struct Join;

#[traced_actor(kameo)]
impl Message<Join> for Guild {
    type Reply = ();

    async fn handle(&mut self, _: Join, _: &mut Context<Self, ()>) {}
}

fn main() {}
