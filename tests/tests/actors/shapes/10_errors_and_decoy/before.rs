//! `&self`, error values that are taken apart, a drain behind the loop, and a method with a handler's name
//! that takes something else.

use tokio::sync::mpsc::{self, error::TrySendError};

struct Frame(String);

enum Message {
    Text(String),
    Close,
}

struct Connection {
    seen: std::sync::Mutex<Vec<String>>,
}

impl Connection {
    async fn run(self, mut rx: mpsc::Receiver<Message>) -> Vec<String> {
        while let Some(msg) = rx.recv().await {
            let close = matches!(msg, Message::Close);
            self.handle_msg(msg).await;
            if close {
                rx.close();
                break;
            }
        }
        while let Ok(msg) = rx.try_recv() {
            self.handle_msg(msg).await;
        }
        self.seen.into_inner().expect("no panic")
    }

    async fn handle_msg(&self, msg: Message) {
        match msg {
            Message::Text(text) => self.handle_message(Frame(text)).await,
            Message::Close => self.log("closed"),
        }
    }

    async fn handle_message(&self, frame: Frame) {
        self.log(&frame.0);
    }

    fn log(&self, line: &str) {
        self.seen.lock().expect("no panic").push(line.to_owned());
    }
}

fn try_send(sender: &mpsc::Sender<Message>, message: Message) -> &'static str {
    match sender.try_send(message) {
        Ok(()) => "sent",
        Err(TrySendError::Full(Message::Text(_))) => "full: a text",
        Err(TrySendError::Closed(Message::Text(_))) => "closed: a text",
        Err(TrySendError::Full(_) | TrySendError::Closed(_)) => "something else",
    }
}

pub async fn exercise() -> Vec<String> {
    let (sender, rx) = mpsc::channel(3);
    let text = |text: &str| Message::Text(text.to_owned());
    let mut seen = Vec::new();
    for message in [text("one"), Message::Close, text("late"), text("too many")] {
        seen.push(try_send(&sender, message).to_owned());
    }
    seen.extend(Connection { seen: std::sync::Mutex::default() }.run(rx).await);
    seen.push(try_send(&sender, text("gone")).to_owned());
    seen
}
