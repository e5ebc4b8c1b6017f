#![deny(deprecated)]

use std::collections::VecDeque;

use traced_actor::sync::mpsc;
use traced_actor::{Envelope, traced_actor};

#[traced_actor]
pub enum Message {
    Write(Vec<u8>),
    Open,
}

pub struct Disk {
    receiver: mpsc::Receiver<Message>,
    is_open: bool,
    waiting: VecDeque<Message>,
    held: VecDeque<Envelope<Message>>,
    history: Vec<Message>,
    sizes: Vec<usize>,
}

#[traced_actor]
impl Disk {
    pub async fn run(mut self) {
        while let Some(message) = self.receiver.recv().await {
            if !self.is_open && matches!(message, Message::Write(_)) {
                self.waiting.push_back(message);
                continue;
            }
            self.handle_message(message).await;
            while let Some(message) = self.waiting.pop_front() {
                self.handle_message(message).await;
            }
            while let Some(message) = self.held.pop_front() {
                self.handle_message(message).await;
            }
        }
    }

    async fn handle_message(&mut self, message: Message) {
        match &message {
            Message::Write(bytes) => self.sizes.push(bytes.len()),
            Message::Open => self.is_open = true,
        }
        // No handler gets these later.
        self.history.push(message);
    }

    #[traced(run)]
    pub async fn drain(mut self) {
        while let Ok(message) = self.receiver.try_recv() {
            self.held.push_back(Envelope::hold(message));
        }
    }

    #[traced(allow(lost_context))]
    pub async fn last(mut self) {
        if let Some(message) = self.receiver.recv().await {
            self.waiting.push_back(message);
        }
    }
}

pub struct Spooler {
    receiver: mpsc::Receiver<Message>,
    is_open: bool,
    later: Vec<Message>,
}

// A loop without a handler. A variable stands for the stash.
#[traced_actor]
impl Spooler {
    pub async fn run(mut self) {
        while let Some(message) = self.receiver.recv().await {
            match message {
                Message::Open => {
                    self.is_open = true;
                    let later = &mut self.later;
                    while let Some(Message::Write(bytes)) = later.pop() {
                        print(&bytes);
                    }
                }
                message if !self.is_open => self.later.push(message),
                Message::Write(bytes) => print(&bytes),
            }
        }
    }
}

fn print(_: &[u8]) {}

fn main() {}
