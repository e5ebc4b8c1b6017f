use kameo::prelude::*;
use traced_actor::traced_actor;

#[traced_actor(kameo)]
#[derive(Actor)]
struct Guild;

struct Join;

#[traced_actor(kameo, start = never)]
impl Message<Join> for Guild {
    type Reply = ();

    async fn handle(&mut self, _: Join, _: &mut Context<Self, ()>) {}
}

#[traced_actor(kameo)]
impl Clone for Guild {
    fn clone(&self) -> Self {
        Guild
    }
}

fn main() {}
