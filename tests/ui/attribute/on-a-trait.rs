use traced_actor::traced_actor;

#[traced_actor]
trait Guild {
    fn post(&self);
}

fn main() {}
