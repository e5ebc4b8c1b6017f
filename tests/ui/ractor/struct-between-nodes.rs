use ractor_cluster_derive::RactorClusterMessage;
use traced_actor::traced_actor;

#[traced_actor(ractor)]
#[derive(RactorClusterMessage)]
struct Message {
    user: u64,
}

fn main() {}
