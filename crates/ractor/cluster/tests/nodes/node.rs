//! One node. What it prints is what the test looks at.

use std::io::Write;
use std::time::{Duration, Instant};

use ractor::{Actor, ActorCell, ActorRef, call_t, pg};
use ractor_cluster::{IncomingEncryptionMode, NodeServer, NodeServerMessage, client_connect};
use tokio::io::{AsyncReadExt, stdin};
use tokio::time::sleep;
use traced_actor::testkit::{self, Spans};
use traced_actor::{Envelope, traced_actor};
use traced_actor_propagation::{Edge, Trust};

use crate::tenant::{Ping, Tenants};
use crate::{new, old};

/// How many messages of a kind a client sends.
pub(crate) const MESSAGES: u64 = 200;

/// How many replies of a server a client waits for before the next server takes its place.
const CALLS: u64 = 100;

const TIMEOUT: u64 = 20_000;

/// What the client works on.
#[traced_actor]
struct Cause;

async fn node(port: u16, name: &str) -> ActorRef<NodeServerMessage> {
    let raw = Some(IncomingEncryptionMode::Raw);
    let node = NodeServer::new(port, "cookie".into(), name.into(), "localhost".into(), raw, None)
        .with_listen_addr([127, 0, 0, 1].into());
    Actor::spawn(None, node, ()).await.unwrap().0
}

fn print(line: &str) {
    println!("{line}");
    std::io::stdout().flush().unwrap();
}

/// One line for each span: its name, its trace, its own id and its parent's.
fn print_spans(spans: &Spans) {
    for span in spans.all() {
        let parent = span.parent.map_or("none".to_owned(), |parent| parent.to_string());
        print(&format!("span {} {} {} {parent}", span.name, span.context.trace_id, span.context.span_id));
    }
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
    guild.drain_and_wait(None).await.unwrap();
    tenants.drain_and_wait(None).await.unwrap();
    print_spans(&spans);
}

/// The remote member of a group, once it is known here.
async fn member(group: &str) -> ActorCell {
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

pub(crate) async fn client(version: &str, port: u16) {
    let spans = testkit::install();
    let node = node(0, &format!("client{port}")).await;
    client_connect(&node, ("127.0.0.1", port)).await.unwrap();
    let (guild, tenants) = (member("guild").await, member("tenants").await);
    if version == "new" {
        let (Cause, mut span) = Envelope::capture(Cause).open();
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
    // What was cast last has left when a call has been answered.
    let guild: ActorRef<new::GuildMessage> = member("guild").await.into();
    print_spans(&spans);
    call_t!(guild, new::GuildMessage::Count, TIMEOUT).unwrap();
}

/// Calls whatever server there is, each call until it has its reply, until its standard input is closed.
pub(crate) async fn load(version: &str, port: u16) {
    testkit::install();
    let node = node(0, &format!("load-{version}-{port}")).await;
    let told_to_end = tokio::spawn(async { stdin().read_to_end(&mut Vec::new()).await.unwrap() });
    let (mut calls, mut of_last, mut last) = (0_u64, 0, String::new());
    while !told_to_end.is_finished() {
        let deadline = Instant::now() + Duration::from_secs(60);
        let server = loop {
            if let Some(server) = call_once(version).await {
                break server;
            }
            assert!(Instant::now() < deadline, "no reply to call {calls}");
            let _ = client_connect(&node, ("127.0.0.1", port)).await;
            sleep(Duration::from_millis(20)).await;
        };
        calls += 1;
        if server != last {
            (of_last, last) = (0, server);
        }
        of_last += 1;
        if of_last == CALLS {
            print(&format!("served by {last}"));
        }
    }
    print(&format!("{calls} calls"));
}

/// Returns the first note of the server that replies.
async fn call_once(version: &str) -> Option<String> {
    let cell = pg::get_members(&"guild".to_owned()).pop()?;
    if version == "new" {
        let guild: ActorRef<new::GuildMessage> = cell.into();
        call_t!(guild, new::GuildMessage::Notes, 2_000).ok()
    } else {
        let guild: ActorRef<old::GuildMessage> = cell.into();
        call_t!(guild, old::GuildMessage::Notes, 2_000).ok()
    }
}
