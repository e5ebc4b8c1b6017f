use traced_actor::traced_actor;

#[traced_actor]
#[traced(kind = number)]
struct Request {
    number: u64,
}

fn main() {}
