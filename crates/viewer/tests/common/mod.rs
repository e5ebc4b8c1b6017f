//! Actors whose traces a viewer shows, and questions to it.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::Value;
use traced_actor::{ActorRef, spawn, traced_actor};

/// The time-out of a read. The machine may be busy.
pub(crate) const PATIENCE: Duration = Duration::from_secs(120);

#[traced_actor]
#[derive(Debug)]
pub(crate) enum Message {
    #[traced(fields(channel, text))]
    Post { channel: u64, text: &'static str },
    #[traced(fields(channel))]
    Fail { channel: u64 },
}

struct Guild;

#[traced_actor]
impl Guild {
    async fn handle(&mut self, message: Message) -> Result<(), std::fmt::Error> {
        tokio::task::yield_now().await;
        match message {
            Message::Post { .. } => Ok(()),
            Message::Fail { .. } => Err(std::fmt::Error),
        }
    }
}

/// The messages of the front.
#[traced_actor]
#[derive(Debug)]
enum Request {
    Forward { message: Message },
}

struct Front(ActorRef<Message>);

#[traced_actor]
impl Front {
    async fn handle(&mut self, request: Request) {
        let Request::Forward { message } = request;
        self.0.cast(message).await.unwrap();
    }
}

/// Sends messages through the front, one after the other, until all are handled.
pub(crate) fn forward(messages: impl IntoIterator<Item = Message>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let guild: ActorRef<Message> = spawn(Guild, 8);
        let front = spawn(Front(guild.clone()), 8);
        for message in messages {
            front.cast(Request::Forward { message }).await.unwrap();
        }
        front.join().await.unwrap();
        guild.join().await.unwrap();
    });
}

/// An answer: its status, its head in lower case, and its body.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

pub(crate) fn ask(address: SocketAddr, request: &str) -> Answer {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
    Answer { status, head: head.to_lowercase(), body: body.to_owned() }
}

/// Asks for a page of this address.
pub(crate) fn get(address: SocketAddr, path: &str) -> Answer {
    ask(address, &format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n"))
}

/// Asks for JSON.
pub(crate) fn json(address: SocketAddr, path: &str) -> Value {
    let answer = get(address, path);
    assert_eq!(answer.status, 200, "{path}: {}", answer.body);
    assert!(answer.head.contains("content-type: application/json"), "{path}: {}", answer.head);
    serde_json::from_str(&answer.body).unwrap()
}
