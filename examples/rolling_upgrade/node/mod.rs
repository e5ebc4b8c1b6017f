//! A node of the fleet as a process: an actor, a connection to each other node, a load, and the operator's commands on
//! the standard input. Both releases of the program share it, and it does not use traces.

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

/// The number of nodes in the fleet.
pub(crate) const NODES: u8 = 8;

/// The number of nodes that handle a message after the first one.
pub(crate) const HOPS: u8 = 2;

/// The interval at which a node starts messages.
const PACE: Duration = Duration::from_millis(5);

/// Becomes true when the node has to stop.
pub(crate) type Stop = watch::Receiver<bool>;

/// Waits until the node has to stop.
pub(crate) async fn stopped(stop: &mut Stop) {
    stop.wait_for(|stop| *stop).await.ok();
}

/// The messages of a node's actor for the other nodes.
pub(crate) type Outboxes<H> = Arc<Vec<Arc<Outbox<H>>>>;

/// The reasons why a message was not taken.
pub(crate) enum Unread {
    /// The message is refused for now.
    Refused,
    /// It cannot be read.
    Invalid(String),
}

/// The differences between the releases of the program.
pub(crate) trait Release: Send + Sync + 'static {
    /// A message that is stored until the peer has taken it.
    type Held: Send + 'static;
    type Mailbox: Clone + Send + Sync + 'static;
    /// The state of the peer on one connection.
    type Peer: Send + Sync + 'static;

    /// Starts the actor. It ends when its mailbox is closed and empty.
    fn start(&self, outboxes: Outboxes<Self::Held>) -> (Self::Mailbox, JoinHandle<()>);

    /// Sends the actor the `n`th message that begins here.
    fn begin(&self, mailbox: &Self::Mailbox, n: u64, ticket: Ticket) -> impl Future<Output = ()> + Send;

    /// Passes a message from another node to the actor.
    fn deliver(&self, mailbox: &Self::Mailbox, held: Self::Held) -> impl Future<Output = ()> + Send;

    /// Returns the state for a new connection.
    fn meet(&self, peer: u8) -> Self::Peer;

    /// Returns the first frame of each connection.
    fn greeting(&self) -> Option<(u8, Vec<u8>)> {
        None
    }

    /// Handles a frame of another kind.
    fn other(&self, peer: &Self::Peer, kind: u8, bytes: &[u8]) {
        let _ = (peer, kind, bytes);
    }

    /// Returns the ticket of a message.
    fn ticket<'a>(&self, held: &'a Self::Held) -> &'a Ticket;

    /// Notes that the peer has taken a message.
    fn taken(&self, peer: &Self::Peer) {
        let _ = peer;
    }

    /// Notes that the peer could not read a message. Returns the time until it is sent again.
    fn unread(&self, peer: &Self::Peer) -> Duration {
        let _ = peer;
        Duration::from_secs(1)
    }

    fn encode(&self, peer: &Self::Peer, held: &Self::Held) -> std::result::Result<Vec<u8>, String>;

    fn decode(&self, peer: &Self::Peer, bytes: &[u8]) -> std::result::Result<Self::Held, Unread>;

    /// Handles a command that only this release knows.
    fn command(&self, words: &[&str]) {
        let _ = words;
    }

    /// Returns the counts, as `name=number …`.
    fn counts(&self) -> String {
        String::new()
    }
}

/// Reports a message that could not be decoded or encoded, which must never happen.
pub(crate) fn failed(error: &str) {
    println!("failed {}", error.replace('\n', " "));
}

/// Runs a node until it has drained.
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

    // First, no new work is started. Then the node waits for the messages in transit, then for those in the mailbox,
    // then for those to send. All of it ends at the deadline, so that a peer that takes nothing delays nobody.
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

/// The maximum time of a drain, by default.
const PATIENCE: Duration = Duration::from_secs(5);

/// Starts messages, each of which goes on to two other nodes. All ways are used in turn.
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

/// Returns the operator's commands. The process ends when its standard input is closed.
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
