//! The channel is named by its full path, once in an alias.

use traced_actor::tokio;
type Mailbox = tokio::sync::mpsc::UnboundedReceiver<Packet>;

#[traced_actor::traced_actor]
enum Packet {
    Forward(Vec<u8>),
}

struct Socket {
    mailbox: Mailbox,
    sent: usize,
}

#[traced_actor::traced_actor]
impl Socket {
    async fn handle_packet(&mut self, packet: Packet) {
        let Packet::Forward(bytes) = packet;
        self.sent += bytes.len();
    }
}

async fn run(mut socket: Socket) -> usize {
    while let Some(packet) = socket.mailbox.recv().await {
        socket.handle_packet(packet).await;
    }
    socket.sent
}

pub async fn exercise() -> Vec<String> {
    let (peer, mailbox) = tokio::sync::mpsc::unbounded_channel();
    for size in [1, 2] {
        peer.send(Packet::Forward(vec![0; size])).ok().unwrap();
    }
    drop(peer);
    vec![tokio::spawn(run(Socket { mailbox, sent: 0 })).await.unwrap().to_string()]
}
