use traced_actor::traced_actor;

#[traced_actor]
#[traced(kind = number)]
struct Request {
    number: std::process::Child,
}

fn main() {}
