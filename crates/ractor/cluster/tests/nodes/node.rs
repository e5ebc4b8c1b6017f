//! One node. What it prints is what the test looks at.

use std::io::Write;
use std::time::{Duration, Instant};

use ractor::{Actor, ActorCell, ActorId, ActorRef, call_t, pg};
use ractor_cluster::{IncomingEncryptionMode, NodeServer, NodeServerMessage, client_connect};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader, stdin};
use tokio::sync::mpsc::error::TryRecvError;
use tokio::time::sleep;
use traced_actor::context::MessageContext;
use traced_actor::testkit::{self, Spans};
use traced_actor::{Envelope, traced_actor};
use traced_actor_propagation::{Edge, Trust};

use crate::tenant::{Ping, Tenants};
use crate::tree::Span;
use crate::{new, old};

/// The number of messages of each kind that a client sends.
pub(crate) const MESSAGES: u64 = 200;

/// The number of rounds for which a server answers a client before the next server takes its place, and the number of
/// casts in a round.
const ROUNDS: u64 = 50;
pub(crate) const CASTS: u64 = 20;

/// The user who joins in a new client's round. In an old client's round it is 1. Both are counted in one sum.
pub(crate) const NEW_USER: u64 = 1 << 32;

/// A client that has no server for so long is stuck.
const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) const TIMEOUT: u64 = 20_000;

/// The message under which the client works.
#[traced_actor]
struct Cause;

pub(crate) async fn node(port: u16, name: &str) -> ActorRef<NodeServerMessage> {
    let raw = Some(IncomingEncryptionMode::Raw);
    let node = NodeServer::new(port, "cookie".into(), name.into(), "localhost".into(), raw, None)
        .with_listen_addr([127, 0, 0, 1].into());
    Actor::spawn(None, node, ()).await.unwrap().0
}

pub(crate) fn print(line: &str) {
    println!("{line}");
    std::io::stdout().flush().unwrap();
}

/// Prints one line for each span, with who joined or the number of the case.
pub(crate) fn print_spans(spans: &Spans) {
    spans.all().iter().for_each(|span| print(&Span::line(span, ["user", "case"])));
}

/// Serves until its standard input is closed.
pub(crate) async fn server(version: &str, port: u16, trust: &str, label: &str) {
    let spans = testkit::install();
    let trust = match trust {
        "ignore" => Trust::Ignore,
        "ids" => Trust::Ids,
        _ => Trust::Full,
    };
    traced_actor_ractor::set_edge(Edge::new("cluster").trust(trust)).unwrap();
    node(port, &format!("server{port}")).await;
    let guild = if version == "new" {
        Actor::spawn(None, new::Guild, label.to_owned()).await.unwrap().0.get_cell()
    } else {
        Actor::spawn(None, old::Guild, label.to_owned()).await.unwrap().0.get_cell()
    };
    let tenants = Actor::spawn(None, Tenants, ()).await.unwrap().0;
    print("ready");
    stdin().read_to_end(&mut Vec::new()).await.unwrap();
    let sum = if version == "new" {
        call_t!(ActorRef::from(guild.clone()), new::GuildMessage::Count, TIMEOUT).unwrap()
    } else {
        call_t!(ActorRef::from(guild.clone()), old::GuildMessage::Count, TIMEOUT).unwrap()
    };
    print(&format!("joined {} {}", sum % NEW_USER, sum / NEW_USER));
    guild.drain_and_wait(None).await.unwrap();
    tenants.drain_and_wait(None).await.unwrap();
    print_spans(&spans);
}

/// Waits until the remote member of a group is known here.
pub(crate) async fn member(group: &str) -> ActorCell {
    for _ in 0..2_000 {
        if let Some(cell) = pg::get_members(&group.to_owned()).pop() {
            assert!(!cell.get_id().is_local());
            return cell;
        }
        sleep(Duration::from_millis(10)).await;
    }
    panic!("no {group} in sight");
}

/// Sends casts and calls, and prints the replies.
macro_rules! work {
    ($version:ident, $cell:expr) => {{
        let guild: ActorRef<$version::GuildMessage> = $cell.into();
        for _ in 0..MESSAGES {
            guild.cast($version::GuildMessage::Join(7)).unwrap();
        }
        guild.cast($version::GuildMessage::Note { text: "hello".into() }).unwrap();
        let count = call_t!(guild, $version::GuildMessage::Count, TIMEOUT).unwrap();
        let notes = call_t!(guild, $version::GuildMessage::Notes, TIMEOUT).unwrap();
        print(&format!("count {count} notes {notes}"));
    }};
}

/// One round of the load: returns the first note of the server, `None` without an answer.
macro_rules! round {
    ($version:ident, $user:expr, $cell:expr) => {{
        let guild: ActorRef<$version::GuildMessage> = $cell.into();
        // Refused, they are as good as lost, and the call is as well.
        for _ in 0..CASTS {
            let _ = guild.cast($version::GuildMessage::Join($user));
        }
        call_t!(guild, $version::GuildMessage::Notes, 2_000).ok()
    }};
}

/// Works with a server under a trace that is `sampled` or `unsampled`.
pub(crate) async fn client(version: &str, port: u16, decision: &str) {
    let spans = testkit::install();
    let node = node(0, &format!("client{port}")).await;
    client_connect(&node, ("127.0.0.1", port)).await.unwrap();
    let (guild, tenants) = (member("guild").await, member("tenants").await);
    if version == "new" {
        let decided =
            if decision == "unsampled" { MessageContext::UNSAMPLED } else { MessageContext::ABSENT };
        let (Cause, mut span) = Envelope::new(Cause, decided).open();
        span.run(async {
            work!(new, guild);
            tenants.send_message(Ping { tenant: Some(9) }).unwrap();
            tenants.send_message(Ping { tenant: None }).unwrap();
        })
        .await;
        span.end_ok();
    } else {
        work!(old, guild);
    }
    // The last cast has been sent when a call has been answered.
    let guild: ActorRef<new::GuildMessage> = member("guild").await.into();
    print_spans(&spans);
    call_t!(guild, new::GuildMessage::Count, TIMEOUT).unwrap();
}

/// Works with the newest of its servers, in rounds of casts and one call, until its standard input is closed.
///
/// Each line of the input is the port of a server more. What was cast in a round has arrived when the call is answered, since
/// both go the same way; without an answer it may be lost.
pub(crate) async fn load(version: &str, port: u16) {
    let spans = testkit::install();
    let node = node(0, &format!("load-{version}-{port}")).await;
    let mut commands = BufReader::new(stdin()).lines();
    let (tell, mut told) = tokio::sync::mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Some(line) = commands.next_line().await.unwrap() {
            tell.send(line.parse::<u16>().unwrap()).unwrap();
        }
    });
    let (mut port, mut known) = (port, false);
    // Of each server: rounds, and of these that had no answer.
    let mut rounds: Vec<(String, u64)> = Vec::new();
    let (mut unanswered, mut deadline) = (0_u64, Instant::now() + PATIENCE);
    loop {
        match told.try_recv() {
            // Connected twice, ractor closes one of the two connections, and a call on it has no answer.
            Ok(other) if other == port => {}
            Ok(other) => (port, known) = (other, false),
            Err(TryRecvError::Disconnected) => break,
            Err(TryRecvError::Empty) => {}
        }
        assert!(Instant::now() < deadline, "no server at {port}");
        if !known {
            known = client_connect(&node, ("127.0.0.1", port)).await.is_ok();
        }
        let Some(cell) = soon(newest).await else {
            // A connection may fail while one side still has the previous one.
            known = false;
            continue;
        };
        let label = if version == "new" {
            let (Cause, mut span) = Envelope::capture(Cause).open();
            let label = span.run(async { round!(new, NEW_USER, cell) }).await;
            span.end_ok();
            label
        } else {
            round!(old, 1, cell)
        };
        let Some(label) = label else {
            unanswered += 1;
            known = false;
            continue;
        };
        deadline = Instant::now() + PATIENCE;
        match rounds.last_mut() {
            Some((last, count)) if *last == label => *count += 1,
            _ => rounds.push((label, 1)),
        }
        if let Some((label, ROUNDS)) = rounds.last() {
            print(&format!("served by {label}"));
        }
    }
    for (label, rounds) in rounds {
        print(&format!("rounds {rounds} {label}"));
    }
    print(&format!("unanswered {unanswered}"));
    print_spans(&spans);
}

/// Waits for it, but not for long.
async fn soon<T>(find: impl Fn() -> Option<T>) -> Option<T> {
    for _ in 0..50 {
        if let Some(found) = find() {
            return Some(found);
        }
        sleep(Duration::from_millis(10)).await;
    }
    None
}

/// Returns the server that was connected to last.
fn newest() -> Option<ActorCell> {
    let node = |cell: &ActorCell| match cell.get_id() {
        ActorId::Remote { node_id, .. } => node_id,
        ActorId::Local(_) => 0,
    };
    pg::get_members(&"guild".to_owned()).into_iter().max_by_key(node)
}
