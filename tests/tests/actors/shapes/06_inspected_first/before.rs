//! The loop looks into the message before the handler gets it.

use tokio::sync::{mpsc, oneshot};

enum Message {
    Shutdown { reply: oneshot::Sender<&'static str> },
    Print(String),
    Fail,
}

struct Printer {
    rx: mpsc::Receiver<Message>,
    printed: Vec<String>,
}

impl Printer {
    async fn run(mut self) -> Result<Vec<String>, std::fmt::Error> {
        let reply = loop {
            let Some(m) = self.rx.recv().await else { return Ok(self.printed) };
            match m {
                Message::Shutdown { reply } => break reply,
                m => self.on_action(m).await?,
            }
        };
        let _ = reply.send("bye");
        Ok(self.printed)
    }

    async fn on_action(&mut self, action: Message) -> Result<(), std::fmt::Error> {
        match action {
            Message::Print(text) => self.printed.push(text),
            Message::Fail => return Err(std::fmt::Error),
            Message::Shutdown { .. } => unreachable!("the loop takes it"),
        }
        Ok(())
    }
}

pub async fn exercise() -> Vec<String> {
    let (sender, rx) = mpsc::channel(4);
    let printer = tokio::spawn(Printer { rx, printed: Vec::new() }.run());
    sender.send(Message::Print("one".to_owned())).await.unwrap_or_else(|_| panic!("the printer lives"));
    let (reply, bye) = oneshot::channel();
    sender.send(Message::Shutdown { reply }).await.unwrap_or_else(|_| panic!("the printer lives"));
    let mut seen = vec![bye.await.unwrap().to_owned()];
    seen.extend(printer.await.unwrap().unwrap());

    let (sender, rx) = mpsc::channel(4);
    let printer = tokio::spawn(Printer { rx, printed: Vec::new() }.run());
    sender.send(Message::Fail).await.unwrap_or_else(|_| panic!("the printer lives"));
    seen.push(printer.await.unwrap().unwrap_err().to_string());
    seen
}
