//! A chat in motion, to look at: `cargo run -p traced-actor-viewer --example town`, and open the address that it prints.
//!
//! Three guilds get posts from a gateway, ask a store, and tell their sessions. Channel 42 is on a slow shard, a few posts fail, and one
//! message waits for an answer that does not come.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::sleep;
use traced_actor::sync::{mpsc, oneshot};
use traced_actor::{ActorRef, broadcast, spawn, traced_actor};

/// The messages of the store.
#[traced_actor]
#[derive(Debug)]
enum Query {
    #[traced(fields(channel, shard = if *channel == 42 { "7" } else { "1" }))]
    Load { channel: u64, respond_to: oneshot::Sender<u64> },
    /// Is answered after an hour.
    Report { respond_to: oneshot::Sender<u64> },
}

struct Store;

#[traced_actor]
impl Store {
    async fn handle(&mut self, query: Query) {
        match query {
            Query::Load { channel, respond_to } => {
                sleep(Duration::from_micros(if channel == 42 { 9_000 } else { 300 + channel * 10 })).await;
                let _ = respond_to.send(channel);
            }
            Query::Report { respond_to } => {
                sleep(Duration::from_secs(3600)).await;
                let _ = respond_to.send(0);
            }
        }
    }
}

/// The messages of a session.
#[traced_actor]
#[derive(Debug, Clone)]
enum Delivery {
    Text(Arc<str>),
}

struct Session {
    mailbox: mpsc::Receiver<Delivery>,
    seen: usize,
}

#[traced_actor(start = never)]
impl Session {
    async fn run(mut self) {
        while let Some(message) = self.mailbox.recv().await {
            self.handle(&message);
        }
    }

    fn handle(&mut self, message: &Delivery) {
        let Delivery::Text(text) = message;
        self.seen += text.len();
    }
}

/// The messages of a guild.
#[traced_actor]
#[derive(Debug)]
enum Event {
    #[traced(fields(channel, text, region))]
    Post { channel: u64, text: String, region: &'static str },
    #[traced(fields(channel))]
    Typing { channel: u64 },
}

#[derive(Debug)]
struct UnknownChannel(u64);

struct Guild {
    name: String,
    mailbox: mpsc::Receiver<Event>,
    store: ActorRef<Query>,
    sessions: Vec<mpsc::Sender<Delivery>>,
}

#[traced_actor]
impl Guild {
    async fn run(mut self) {
        traced_actor::instance(self.name.clone());
        while let Some(event) = self.mailbox.recv().await {
            let _ = self.handle(event).await;
        }
    }

    async fn handle(&mut self, event: Event) -> Result<(), UnknownChannel> {
        match event {
            Event::Post { channel: 13, .. } => Err(UnknownChannel(13)),
            Event::Post { channel, text, .. } => {
                let load = |respond_to| Query::Load { channel, respond_to };
                let _ = self.store.call(Duration::from_secs(5), load).await;
                broadcast(&self.sessions, Delivery::Text(text.into())).await;
                Ok(())
            }
            Event::Typing { .. } => {
                sleep(Duration::from_micros(200)).await;
                Ok(())
            }
        }
    }
}

impl std::fmt::Display for UnknownChannel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "there is no channel {}", self.0)
    }
}

impl std::error::Error for UnknownChannel {}

/// The messages from the clients.
#[traced_actor]
#[derive(Debug)]
enum Frame {
    #[traced(fields(number))]
    Dispatch { number: u64 },
}

struct Gateway {
    guilds: Vec<mpsc::Sender<Event>>,
}

#[traced_actor]
impl Gateway {
    async fn handle(&mut self, frame: Frame) {
        let Frame::Dispatch { number } = frame;
        let channels = [7, 8, 9, 42, 21, 22, 13];
        let channel = channels[usize::try_from(number * 31 % 97 % 7).unwrap_or(0)];
        let guild = &self.guilds[usize::try_from(number % 3).unwrap_or(0)];
        let region = ["eu", "us", "asia"][usize::try_from(number % 5 % 3).unwrap_or(0)];
        let event = match number % 4 {
            0 => Event::Typing { channel },
            _ => Event::Post { channel, text: format!("message {number} <b>of many</b>"), region },
        };
        let _ = guild.send(event).await;
    }
}

fn guild(name: &str, sessions: usize, store: &ActorRef<Query>) -> mpsc::Sender<Event> {
    let (sender, mailbox) = mpsc::channel(64);
    let session = || {
        let (sender, mailbox) = mpsc::channel(64);
        tokio::spawn(Session { mailbox, seen: 0 }.run());
        sender
    };
    let sessions = (0..sessions).map(|_| session()).collect();
    let guild = Guild { name: name.to_owned(), mailbox, store: store.clone(), sessions };
    tokio::spawn(guild.run());
    sender
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:4319".to_owned());
    let _viewer = traced_actor_viewer::Builder::new().service("town").serve(&*address)?;

    let store = spawn(Store, 64);
    let archive = spawn(Store, 64);
    let guilds =
        vec![guild("guild 1", 20, &store), guild("guild 2", 500, &store), guild("guild 3", 4000, &store)];
    let gateway = spawn(Gateway { guilds }, 64);
    let report = |respond_to| Query::Report { respond_to };
    tokio::spawn(async move { archive.call(Duration::from_secs(7200), report).await });
    for number in 0.. {
        gateway.cast(Frame::Dispatch { number }).await?;
        sleep(Duration::from_millis(15)).await;
    }
    Ok(())
}
