use kameo::prelude::*;
use traced_actor::traced_actor;

#[derive(Actor)]
#[traced_actor(kameo)]
struct Guild;

fn main() {}
