use kameo::prelude::*;
use traced_actor::traced_actor;

#[traced_actor(kameo)]
#[derive(Actor)]
struct Guild;

#[traced_actor(kameo, name = "guild")]
#[messages]
impl Guild {
    #[message]
    fn count(&self, (from, to): (u64, u64)) -> u64 {
        to - from
    }

    #[message]
    fn sum(of: u64) -> u64 {
        of
    }
}

fn main() {}
