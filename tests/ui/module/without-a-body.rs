use traced_actor::traced_actor;

#[traced_actor]
mod guild;

fn main() {}
