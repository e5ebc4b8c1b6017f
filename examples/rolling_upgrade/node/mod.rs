//! A node of the fleet as a process: an actor, a connection to each other node, a load, and an operator's commands
//! on the standard input. It is what both releases of the program have in common; nothing here knows of traces.

pub(crate) mod frame;
mod inbound;
pub(crate) mod ledger;
mod link;
mod outbox;

use std::io::{BufRead, Result};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{Instant, MissedTickBehavior, interval, timeout_at};

use inbound::{Stall, Stalled};
use ledger::Ticket;
use link::Link;
use outbox::Outbox;

/// How many nodes the fleet has.
pub(crate) const NODES: u8 = 8;

/// How many nodes handle a message after the one where it began.
pub(crate) const HOPS: u8 = 2;

/// How often a node begins a message of its own.
const PACE: Duration = Duration::from_millis(5);

/// Becomes true when it is time to stop.
pub(crate) type Stop = watch::Receiver<bool>;

/// Waits for it.
pub(crate) async fn stopped(stop: &mut Stop) {
    stop.wait_for(|stop| *stop).await.ok();
}

/// Where a node's actor puts what others should handle.
pub(crate) type Outboxes<H> = Arc<Vec<Arc<Outbox<H>>>>;

/// Why a message that came was not taken.
pub(crate) enum Unread {
    /// Not now.
    Refused,
    /// It cannot be read.
    Invalid(String),
}

/// What the releases of the program differ in.
pub(crate) trait Release: Send + Sync + 'static {
    /// A message as it is kept until it was taken.
    type Held: Send + 'static;
    type Mailbox: Clone + Send + Sync + 'static;
    /// What is known of the other end of one connection.
    type Peer: Send + Sync + 'static;

    /// Starts the actor. It ends when its mailbox is closed and empty.
    fn start(&self, outboxes: Outboxes<Self::Held>) -> (Self::Mailbox, JoinHandle<()>);

    /// Sends the actor the `n`th message that begins here.
    fn begin(&self, mailbox: &Self::Mailbox, n: u64, ticket: Ticket) -> impl Future<Output = ()> + Send;

    /// Sends the actor a message that came from another node.
    fn deliver(&self, mailbox: &Self::Mailbox, held: Self::Held) -> impl Future<Output = ()> + Send;

    /// A connection was made or accepted.
    fn meet(&self, peer: u8) -> Self::Peer;

    /// What is said first on each connection.
    fn greeting(&self) -> Option<(u8, Vec<u8>)> {
        None
    }

    /// A frame of another kind came.
    fn other(&self, peer: &Self::Peer, kind: u8, bytes: &[u8]) {
        let _ = (peer, kind, bytes);
    }

    /// What a message is known by.
    fn ticket<'a>(&self, held: &'a Self::Held) -> &'a Ticket;

    /// The other end took over a message.
    fn taken(&self, peer: &Self::Peer) {
        let _ = peer;
    }

    /// The other end could not read a message; when to send it again.
    fn unread(&self, peer: &Self::Peer) -> Duration {
        let _ = peer;
        Duration::from_secs(1)
    }

    fn encode(&self, peer: &Self::Peer, held: &Self::Held) -> std::result::Result<Vec<u8>, String>;

    fn decode(&self, peer: &Self::Peer, bytes: &[u8]) -> std::result::Result<Self::Held, Unread>;

    /// A command that not every release knows.
    fn command(&self, words: &[&str]) {
        let _ = words;
    }

    /// What was counted, as `name=number …`.
    fn counts(&self) -> String {
        String::new()
    }
}

/// A message could not be decoded or encoded: what must never happen.
pub(crate) fn failed(error: &str) {
    println!("failed {}", error.replace('\n', " "));
}

/// Runs a node until it is told to drain, and has.
pub(crate) async fn run<R: Release>(release: R, me: u8, incarnation: u32) -> Result<()> {
    let release = Arc::new(release);
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    println!("listening {}", listener.local_addr()?);

    let outboxes = Arc::new((0..NODES).map(|_| Arc::new(Outbox::new())).collect::<Vec<_>>());
    let (mailbox, actor) = release.start(outboxes.clone());
    let (stop_load, load_stops) = watch::channel(false);
    let (stop_taking, taking_stops) = watch::channel(false);
    let (stop_sending, sending_stops) = watch::channel(false);
    let (give_up, given_up) = watch::channel(false);
    let stall = Arc::new(Stall::default());
    let mut patience = PATIENCE;

    let mut links = JoinSet::new();
    let mut addresses = Vec::new();
    let mut unanswered = Vec::new();
    for peer in 0..NODES {
        let (announce, address) = watch::channel(None::<SocketAddr>);
        let outbox = outboxes[usize::from(peer)].clone();
        let waiting = Arc::new(AtomicUsize::new(0));
        let link = Link { release: release.clone(), me, peer, outbox, unanswered: waiting.clone() };
        links.spawn(link.run(address, sending_stops.clone(), given_up.clone()));
        addresses.push(announce);
        unanswered.push(waiting);
    }
    let taking = tokio::spawn(inbound::accept(
        listener,
        release.clone(),
        mailbox.clone(),
        taking_stops,
        stall.clone(),
    ));
    let load = tokio::spawn(load(release.clone(), mailbox.clone(), me, incarnation, load_stops));

    let mut commands = commands();
    while let Some(command) = commands.recv().await {
        match command.split(' ').collect::<Vec<_>>()[..] {
            ["peer", peer, address] => {
                if let (Ok(peer), Ok(address)) = (peer.parse::<usize>(), address.parse()) {
                    addresses[peer].send_replace(Some(address));
                }
            }
            ["counts"] => println!("counts {}", release.counts()),
            ["hush"] => drop(stop_load.send_replace(true)),
            ["pending"] => {
                let unanswered = unanswered.iter().map(|waiting| waiting.load(Relaxed));
                let pending: usize = outboxes.iter().map(|outbox| outbox.len()).chain(unanswered).sum();
                println!("pending {pending}");
            }
            ["stall", "handling"] => stall.begin(Stalled::Handling),
            ["stall", "answers"] => stall.begin(Stalled::Answers),
            ["drain"] => break,
            ["drain", milliseconds] => {
                patience = milliseconds.parse().map_or(PATIENCE, Duration::from_millis);
                break;
            }
            ref words => release.command(words),
        }
    }

    // No new work; then what others have under way; then what is in the mailbox; then what is left to send. All of it
    // until the deadline: a peer that takes nothing holds nobody up.
    let deadline = Instant::now() + patience;
    stop_load.send_replace(true);
    load.await?;
    stop_taking.send_replace(true);
    let mut taking = taking;
    if timeout_at(deadline, &mut taking).await.is_err() {
        taking.abort();
        taking.await.ok();
    }
    drop(mailbox);
    timeout_at(deadline, actor).await.ok();
    stop_sending.send_replace(true);
    let all_sent = async { while links.join_next().await.is_some() {} };
    if timeout_at(deadline, all_sent).await.is_err() {
        give_up.send_replace(true);
        while links.join_next().await.is_some() {}
    }
    for (to, outbox) in outboxes.iter().enumerate() {
        outbox.take_all().iter().for_each(|held| ledger::undelivered(release.ticket(held), to));
    }
    println!("counts {}", release.counts());
    println!("drained");
    Ok(())
}

/// How long a node drains at most, unless it is told.
const PATIENCE: Duration = Duration::from_secs(5);

/// Begins messages, each of which goes on to two other nodes; all ways are taken in turn.
async fn load<R: Release>(release: Arc<R>, mailbox: R::Mailbox, me: u8, incarnation: u32, mut stops: Stop) {
    let mut ticks = interval(PACE);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    for n in 0_u64.. {
        tokio::select! {
            biased;
            () = stopped(&mut stops) => break,
            _ = ticks.tick() => {}
        }
        let after = |node: u8, turn: u64| {
            let step = u8::try_from(turn % u64::from(NODES - 1)).unwrap_or(0);
            (node + 1 + step) % NODES
        };
        let first = after(me, n);
        let route = vec![first, after(first, n / u64::from(NODES - 1))];
        let id = u64::from(me) << 56 | u64::from(incarnation) << 40 | n;
        release.begin(&mailbox, n, Ticket { id, hop: 0, from: me, route }).await;
    }
    println!("hushed");
}

/// The operator's commands. The process ends with its standard input: nobody is there any more.
fn commands() -> mpsc::UnboundedReceiver<String> {
    let (sender, receiver) = mpsc::unbounded_channel();
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines().map_while(Result::ok) {
            sender.send(line).ok();
        }
        std::process::exit(1);
    });
    receiver
}
