use traced_actor::traced_actor;

#[traced_actor]
async fn run(count: u32) -> u32 {
    count + 1
}

fn main() {}
