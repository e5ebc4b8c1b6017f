//! A struct carries who asked beside an enum that says what: its kind is the enum's. The actor itself is left as it was.

use traced_actor::sync::mpsc;

#[traced_actor::traced_actor]
enum Command {
    Open,
    Close,
}

#[traced_actor::traced_actor]
#[traced(kind = command)]
struct Request {
    user: u32,
    command: Command,
}

struct Vault {
    requests: mpsc::Receiver<Request>,
    log: Vec<String>,
}

impl Vault {
    async fn run(mut self) -> Vec<String> {
        while let Some(request) = self.requests.recv().await {
            self.handle_request(request).await;
        }
        self.log
    }

    async fn handle_request(&mut self, request: Request) {
        let open = matches!(request.command, Command::Open);
        self.log.push(format!("{} {open}", request.user));
    }
}

pub async fn exercise() -> Vec<String> {
    let (asks, requests) = mpsc::channel(4);
    for (user, command) in [(1, Command::Open), (2, Command::Close)] {
        asks.send(Request { user, command }).await.ok().unwrap();
    }
    drop(asks);
    tokio::spawn(Vault { requests, log: Vec::new() }.run()).await.unwrap()
}
