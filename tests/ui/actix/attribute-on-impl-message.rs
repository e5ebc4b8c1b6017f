use actix::prelude::*;
use traced_actor::traced_actor;

struct Join;

#[traced_actor(actix)]
impl Message for Join {
    type Result = ();
}

fn main() {}
