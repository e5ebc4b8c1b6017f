use kameo::prelude::*;
use traced_actor::traced_actor;

#[traced_actor(kameo)]
#[derive(Actor)]
struct Guild;

#[messages]
#[traced_actor(kameo)]
impl Guild {
    #[message]
    fn count(&self) -> u64 {
        7
    }
}

fn main() {}
