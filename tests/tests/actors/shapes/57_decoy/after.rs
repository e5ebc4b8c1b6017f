//! `handle_message` takes what a socket yields; the mailbox is matched inline.

use traced_actor::sync::mpsc;

struct SocketMessage(u8);

#[traced_actor::traced_actor]
enum Control {
    Route(u8),
}

struct Proxy {
    socket: Vec<u8>,
    routes: Vec<u8>,
}

#[traced_actor::traced_actor]
impl Proxy {
    async fn run(mut self, mut control: mpsc::Receiver<Control>) -> Vec<u8> {
        loop {
            tokio::select! {
                biased;
                Some(byte) = read(&mut self.socket) => self.handle_message(SocketMessage(byte)).await,
                command = control.recv() => match command {
                    Some(Control::Route(to)) => self.routes.push(to),
                    None => return self.routes,
                },
            }
        }
    }

    async fn handle_message(&mut self, message: SocketMessage) {
        self.routes.push(message.0);
    }
}

async fn read(socket: &mut Vec<u8>) -> Option<u8> {
    socket.pop()
}

pub async fn exercise() -> Vec<String> {
    let (operator, control) = mpsc::channel(4);
    for to in [1, 2] {
        operator.send(Control::Route(to)).await.ok().unwrap();
    }
    drop(operator);
    let proxy = Proxy { socket: vec![9], routes: Vec::new() };
    vec![format!("{:?}", tokio::spawn(proxy.run(control)).await.unwrap())]
}
