use kameo::prelude::*;
use traced_actor::traced_actor;

#[traced_actor(kameo)]
#[derive(Actor)]
struct Guild;

struct Join;

#[traced_actor(kameo)]
impl Message<Join> for Guild {
    type Reply = ();

    fn handle(&mut self, _: Join, _: &mut Context<Self, ()>) -> impl Future<Output = ()> + Send {
        async {}
    }
}

fn main() {}
