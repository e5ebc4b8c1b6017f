use ractor::RpcReplyPort;
use ractor_cluster_derive::RactorClusterMessage;
use traced_actor::traced_actor;

#[derive(RactorClusterMessage)]
#[traced_actor(ractor)]
enum Message {
    Join(u64),
    #[rpc]
    Count(RpcReplyPort<u64>),
}

fn main() {}
