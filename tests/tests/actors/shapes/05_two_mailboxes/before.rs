//! Two mailboxes in one loop, one of them behind an alias; handlers with further parameters.

use tokio::sync::{mpsc, oneshot};

mod node {
    use super::{mpsc, oneshot};
    use std::time::Instant;

    pub enum Command {
        Grow(u32),
    }

    pub enum Rpc {
        Size(oneshot::Sender<u32>),
        Age(oneshot::Sender<bool>),
    }

    pub type Commands = mpsc::UnboundedReceiver<Command>;

    pub struct Updates {
        pub step: u32,
    }

    pub struct Node {
        pub commands: Commands,
        pub rpcs: mpsc::Receiver<Rpc>,
        pub started: Instant,
        pub size: u32,
    }

    impl Node {
        pub async fn run(mut self, updates: Updates) {
            loop {
                tokio::select! {
                    biased;
                    Some(command) = self.commands.recv() => self.on_cmd(command, &updates),
                    Some(rpc) = self.rpcs.recv() => self.on_rpc(rpc, Instant::now()).await,
                    else => break,
                }
            }
        }

        fn on_cmd(&mut self, cmd: Command, updates: &Updates) {
            let Command::Grow(by) = cmd;
            self.size += by * updates.step;
        }

        async fn on_rpc(&mut self, rpc: Rpc, now: Instant) {
            tokio::task::yield_now().await;
            match rpc {
                Rpc::Size(reply) => drop(reply.send(self.size)),
                Rpc::Age(reply) => drop(reply.send(now >= self.started)),
            }
        }
    }
}

pub async fn exercise() -> Vec<String> {
    let (command, commands) = mpsc::unbounded_channel();
    let (rpc, rpcs) = mpsc::channel(4);
    let node = node::Node { commands, rpcs, started: std::time::Instant::now(), size: 1 };
    let node = tokio::spawn(node.run(node::Updates { step: 10 }));
    command.send(node::Command::Grow(2)).unwrap_or_else(|_| panic!("the node lives"));
    let (reply, size) = oneshot::channel();
    rpc.send(node::Rpc::Size(reply)).await.unwrap_or_else(|_| panic!("the node lives"));
    let size = size.await.unwrap();
    let (reply, age) = oneshot::channel();
    rpc.send(node::Rpc::Age(reply)).await.unwrap_or_else(|_| panic!("the node lives"));
    let age = age.await.unwrap();
    drop((command, rpc));
    node.await.unwrap();
    vec![size.to_string(), age.to_string()]
}
