use traced_actor::traced_actor;

#[traced_actor]
const LIMIT: usize = 10;

fn main() {}
