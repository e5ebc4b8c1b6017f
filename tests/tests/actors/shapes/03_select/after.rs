//! A biased `select!` with an interval before the mailbox; the handler's `bool` says whether to stop.

use std::time::Duration;
use traced_actor::sync::mpsc;

#[traced_actor::traced_actor]
enum Command {
    Work(u32),
    Stop,
}

struct Worker {
    rx: mpsc::UnboundedReceiver<Command>,
    log: Vec<String>,
}

#[traced_actor::traced_actor]
impl Worker {
    async fn run(mut self) -> Vec<String> {
        let mut interval = tokio::time::interval(Duration::from_secs(1));
        interval.tick().await;
        loop {
            tokio::select! {
                biased;
                _ = interval.tick() => self.log.push("tick".to_owned()),
                Some(cmd) = self.rx.recv() => if self.handle_command(cmd).await { break },
            }
        }
        self.log
    }

    async fn handle_command(&mut self, cmd: Command) -> bool {
        match cmd {
            Command::Work(n) => {
                tokio::time::sleep(Duration::from_millis(600)).await;
                self.log.push(format!("work {n}"));
                false
            }
            Command::Stop => true,
        }
    }
}

pub async fn exercise() -> Vec<String> {
    let (sender, rx) = mpsc::unbounded_channel();
    let worker = tokio::spawn(Worker { rx, log: Vec::new() }.run());
    for command in [Command::Work(1), Command::Work(2), Command::Work(3), Command::Stop] {
        sender.send(command).unwrap_or_else(|_| panic!("the worker lives"));
    }
    worker.await.unwrap()
}
