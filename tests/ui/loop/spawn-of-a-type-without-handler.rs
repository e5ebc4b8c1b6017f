
struct Guild;

fn start() {
    traced_actor::spawn(Guild, 1);
}

fn main() {}
