use traced_actor::traced_actor;

#[traced_actor(actix, by_type)]
struct Join;

impl actix::Message for Join {
    type Result = ();
}

fn main() {}
