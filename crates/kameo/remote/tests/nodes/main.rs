//! Nodes of kameo's swarm as separate processes, over TCP: those that know of traces beside those that do not.

mod matrix;

use std::collections::HashSet;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::process::{Child, ChildStdout, Command, Stdio};

use traced_actor_kameo_remote_tests::MESSAGES;
use traced_actor_kameo_remote_tests::tree::Span;

const OLD: &str = env!("CARGO_BIN_EXE_old");
const NEW: &str = env!("CARGO_BIN_EXE_new");
const FLIGHT: &str = env!("CARGO_BIN_EXE_flight");

/// A node, which is ended by closing its standard input, and killed where a test fails.
struct Node {
    process: Child,
    lines: std::io::Lines<BufReader<ChildStdout>>,
    seen: Vec<String>,
}

impl Node {
    fn start(program: &str, args: &[&str]) -> Self {
        let mut process =
            Command::new(program).args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap()).lines();
        Self { process, lines, seen: Vec::new() }
    }

    fn server(program: &str, port: u16, label: &str, trust: &str) -> Self {
        let mut server = Self::start(program, &["server", &port.to_string(), label, trust, "bare"]);
        server.wait_for("ready");
        server
    }

    fn wait_for(&mut self, line: &str) {
        while self.seen.last().is_none_or(|seen| seen != line) {
            let next = self.lines.next().unwrap_or_else(|| panic!("ended before `{line}`: {:#?}", self.seen));
            self.seen.push(next.unwrap());
        }
    }

    /// Lets it end, and returns all that it has printed.
    fn end(mut self) -> Vec<String> {
        drop(self.process.stdin.take());
        self.ended()
    }

    /// Waits until it ends by itself.
    fn ended(&mut self) -> Vec<String> {
        let mut seen = std::mem::take(&mut self.seen);
        seen.extend(self.lines.by_ref().map(Result::unwrap));
        assert!(self.process.wait().unwrap().success(), "{seen:#?}");
        seen
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

fn port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn spans(lines: &[String], name: &str) -> Vec<Span> {
    lines.iter().filter_map(|line| Span::read(line)).filter(|span| span.name == name).collect()
}

fn users(lines: &[String]) -> HashSet<u64> {
    lines.iter().filter_map(|line| line.strip_prefix("joined ")?.parse().ok()).collect()
}

/// Returns what a client and a server print, once every message of the client's has been handled.
fn pair(client: &str, server: &str, trust: &str, enums: &str) -> (Vec<String>, Vec<String>) {
    pair_of("client", client, server, trust, enums)
}

/// Like [`pair`], with a client of this role.
fn pair_of(role: &str, client: &str, server: &str, trust: &str, enums: &str) -> (Vec<String>, Vec<String>) {
    let port = port();
    let server = Node::server(server, port, "one", trust);
    let client = Node::start(client, &[role, &port.to_string(), "0", "full", enums]).ended();
    let server = server.end();
    assert!(client.contains(&"label one".to_owned()), "{client:#?}");
    assert!(client.contains(&"hang timeout".to_owned()), "{client:#?}");
    assert_eq!(users(&server), (0..MESSAGES).collect(), "all that were told, in {client:#?}");
    (client, server)
}

const IS_POSTED: &str = "posts 1";

fn is_posted(client: &[String]) {
    assert!(client.iter().any(|line| line == IS_POSTED), "{client:#?}");
}

fn are_roots(spans: &[Span], count: u64) {
    assert_eq!(spans.len() as u64, count, "{spans:#?}");
    assert!(spans.iter().all(|span| span.parent == "none"));
    let traces: HashSet<&str> = spans.iter().map(|span| span.trace.as_str()).collect();
    assert_eq!(traces.len(), spans.len(), "a trace each");
}

fn are_below(spans: &[Span], count: u64, cause: &Span) {
    assert_eq!(spans.len() as u64, count, "{spans:#?}");
    assert!(spans.iter().all(|span| span.trace == cause.trace && span.parent == cause.id), "{spans:#?}");
}

fn cause(client: &[String]) -> Span {
    let mut causes = spans(client, "Cause/Cause");
    assert_eq!(causes.len(), 1, "{client:#?}");
    causes.remove(0)
}

#[test]
fn an_old_server_ignores_the_context() {
    for client in [OLD, NEW] {
        let (client, server) = pair(client, OLD, "full", "bare");
        is_posted(&client);
        assert!(!server.iter().any(|line| line.starts_with("span ")));
    }
}

#[test]
fn an_old_client_s_messages_are_roots() {
    let (client, server) = pair(OLD, NEW, "full", "bare");
    is_posted(&client);
    are_roots(&spans(&server, "Guild/Join"), MESSAGES);
    are_roots(&spans(&server, "Guild/Post"), 1);
}

#[test]
fn a_trace_goes_on_from_node_to_node() {
    let (client, server) = pair(NEW, NEW, "full", "bare");
    is_posted(&client);
    let cause = cause(&client);
    are_below(&spans(&server, "Guild/Join"), MESSAGES, &cause);
    are_below(&spans(&server, "Guild/Label"), 1, &cause);
    // The enum has no place for a context, until every node is known to read an envelope.
    are_roots(&spans(&server, "Guild/Post"), 1);
    // The span of the sender records the sender's failure.
    assert_eq!(cause.of, "timeout");
}

/// On the other node as well: no span, and no trace of its own.
#[test]
fn an_unsampled_trace_stays_so() {
    let (client, server) = pair_of("unsampled", NEW, NEW, "full", "envelopes");
    is_posted(&client);
    for (lines, names) in
        [(&client, &["Cause/Cause"][..]), (&server, &["Guild/Join", "Guild/Label", "Guild/Post"])]
    {
        for name in names {
            assert_eq!(spans(lines, name).len(), 0, "{name}");
        }
    }
    let (client, _) = pair_of("unsampled", NEW, OLD, "full", "bare");
    is_posted(&client);
    // Without ids there is nothing to go on with, and the server decides by itself.
    for trust in ["ids", "ignore"] {
        let (_, server) = pair_of("unsampled", NEW, NEW, trust, "bare");
        are_roots(&spans(&server, "Guild/Join"), MESSAGES);
    }
}

#[test]
fn an_enum_goes_in_an_envelope_when_it_may() {
    let (client, server) = pair(NEW, NEW, "full", "envelopes");
    is_posted(&client);
    are_below(&spans(&server, "Guild/Post"), 1, &cause(&client));
}

#[test]
fn a_server_that_trusts_nobody_starts_its_own() {
    let (_, server) = pair(NEW, NEW, "ignore", "bare");
    are_roots(&spans(&server, "Guild/Join"), MESSAGES);
}

#[test]
fn a_server_that_trusts_ids_goes_on_with_them() {
    let (client, server) = pair(NEW, NEW, "ids", "bare");
    let cause = cause(&client);
    let joins = spans(&server, "Guild/Join");
    // The server decides by itself, and keeps everything.
    assert_eq!(joins.len() as u64, MESSAGES);
    assert!(joins.iter().all(|span| span.trace == cause.trace));
}

/// Upgraded, rolled back and upgraded again, under load from old and from new clients. Each server serves both.
#[test]
fn nothing_is_lost_while_the_server_is_exchanged() {
    let port = port();
    let load = |program, first| Node::start(program, &["load", &port.to_string(), first, "full", "bare"]);
    let mut clients: Vec<Node> = Vec::new();
    let mut joined = HashSet::new();
    let mut last = None;
    for (at, program) in [OLD, NEW, OLD, NEW].into_iter().enumerate() {
        if let Some(server) = last.take() {
            joined.extend(users(&Node::end(server)));
        }
        let label = format!("server{at}");
        last = Some(Node::server(program, port, &label, "full"));
        if clients.is_empty() {
            clients = vec![load(OLD, "1000000"), load(NEW, "2000000")];
        }
        for client in &mut clients {
            client.wait_for(&format!("served by {label}"));
        }
    }
    let mut sent = 0;
    for client in clients {
        let lines = client.end();
        let line = lines.last().unwrap();
        let numbers: Vec<u64> = line.split(' ').skip(1).map(|number| number.parse().unwrap()).collect();
        let [first, end] = numbers.as_slice() else { panic!("{line}") };
        sent += end - first;
    }
    joined.extend(users(&last.unwrap().end()));
    let of_clients = joined.iter().filter(|user| **user >= 1_000_000).count() as u64;
    println!("{sent} told, {of_clients} joined");
    assert_eq!(of_clients, sent, "each that was told is handled, by one server or another");
}

/// Checks that a node keeps its part of a trace that another one keeps, unless it is too late or not trusted.
#[test]
fn a_trace_that_one_node_keeps_is_kept_by_the_other() {
    let pair = |recorder, outcome| {
        let port = port().to_string();
        let mut server = Node::start(FLIGHT, &["server", &port, recorder]);
        server.wait_for("ready");
        let client = Node::start(FLIGHT, &["client", &port, outcome]).ended();
        (client, server.end()[1..].to_vec())
    };
    let (client, server) = pair("flight", "kept");
    let (cause, orders) = (cause(&client), spans(&server, "Stock/Order"));
    assert_eq!((&*cause.parent, &*cause.of), ("none", "promoted"));
    are_below(&orders, 1, &cause);
    assert_eq!(orders[0].of, "command");
    for (outcome, counted) in [("late", "late 1 refused 0"), ("refused", "late 0 refused 1")] {
        let (client, server) = pair("flight", outcome);
        assert_eq!((client.as_slice(), spans(&server, "Stock/Order").len()), (&[counted.to_owned()][..], 1));
    }
    // For a node without a flight recorder, the orders are not sampled.
    let (client, server) = pair("other", "nothing");
    assert_eq!((client.as_slice(), server.as_slice()), (&["late 0 refused 0".to_owned()][..], &[][..]));
}
