use traced_actor::traced_actor;

#[traced_actor]
enum Command {
    Tick,
}

#[traced_actor]
#[traced(kind = command, name = "Request", sample = 0.5)]
struct Request {
    command: Command,
}

fn main() {}
