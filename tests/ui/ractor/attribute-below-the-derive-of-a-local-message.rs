use ractor_cluster_derive::RactorMessage;
use traced_actor::traced_actor;

#[derive(RactorMessage)]
#[traced_actor(ractor)]
enum Message {
    Join(u64),
}

fn main() {}
