//! Starts the nodes, and looks at what they print.

use std::collections::{HashMap, HashSet};
use std::env;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::process::{Child, ChildStdout, Command, Stdio};

use crate::flight;
use crate::matrix;
use crate::node::{CASTS, MESSAGES, NEW_USER};
use crate::tree::Span;

/// A node that runs.
pub(crate) struct Node {
    process: Child,
    output: BufReader<ChildStdout>,
}

/// Ended with the test, whatever becomes of it.
impl Drop for Node {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Node {
    pub(crate) fn start(arguments: &[&str]) -> Self {
        let mut command = Command::new(env::current_exe().unwrap());
        command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.spawn().unwrap();
        let output = BufReader::new(process.stdout.take().unwrap());
        Self { process, output }
    }

    /// Starts a node, and waits until it says that it is ready.
    pub(crate) fn ready(arguments: &[&str]) -> Self {
        let mut node = Self::start(arguments);
        node.wait_for("ready");
        node
    }

    fn tell(&mut self, line: &str) {
        writeln!(self.process.stdin.as_mut().unwrap(), "{line}").unwrap();
    }

    fn wait_for(&mut self, line: &str) {
        let mut read = String::new();
        while read.trim() != line {
            read.clear();
            assert_ne!(self.output.read_line(&mut read).unwrap(), 0, "it ended before it said {line:?}");
        }
    }

    /// Lets a server end, and returns the rest of what a node says.
    pub(crate) fn end(mut self) -> Vec<String> {
        drop(self.process.stdin.take());
        let mut rest = String::new();
        self.output.read_to_string(&mut rest).unwrap();
        assert!(self.process.wait().unwrap().success(), "{rest}");
        rest.lines().map(str::to_owned).collect()
    }
}

fn server(version: &str, port: u16, trust: &str, label: &str) -> Node {
    Node::ready(&["server", version, &port.to_string(), trust, label])
}

/// Returns a port that is free now.
pub(crate) fn port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

pub(crate) fn spans(lines: &[String], name: &str) -> Vec<Span> {
    lines.iter().filter_map(|line| Span::read(line)).filter(|span| span.name == name).collect()
}

/// Returns what a client and a server said, when both are done.
fn pair(client: &str, of: &str, trust: &str) -> (Vec<String>, Vec<String>) {
    pair_of(client, of, trust, "sampled")
}

/// Like [`pair`]. The client's trace is `sampled`, or `unsampled`.
fn pair_of(client: &str, of: &str, trust: &str, decision: &str) -> (Vec<String>, Vec<String>) {
    let port = port();
    let server = server(of, port, trust, "guild");
    let said = Node::start(&["client", client, &port.to_string(), decision]).end();
    // Nothing is lost, and nothing comes twice.
    assert!(
        said.contains(&format!("count {} notes guild;hello", 7 * MESSAGES)),
        "{client} to {of}: {said:#?}"
    );
    println!("client {client} to server {of}, {decision}, trust {trust}: ok");
    (said, server.end())
}

pub(crate) fn all() {
    matrix::all();
    flight::all();
    an_old_server_ignores_the_context();
    an_old_client_s_messages_are_roots();
    a_trace_goes_on_from_node_to_node();
    an_unsampled_trace_stays_so();
    a_server_that_trusts_nobody_starts_its_own();
    a_server_that_trusts_ids_goes_on_with_them();
    nothing_is_lost_while_the_server_is_exchanged();
    a_server_that_is_killed_costs_what_was_on_its_way();
}

fn an_old_server_ignores_the_context() {
    for client in ["old", "new"] {
        let (_, server) = pair(client, "old", "full");
        assert_eq!(spans(&server, "Guild/Join").len(), 0);
    }
}

fn an_old_client_s_messages_are_roots() {
    let (_, server) = pair("old", "new", "full");
    are_roots(&spans(&server, "Guild/Join"));
}

fn are_roots(spans: &[Span]) {
    assert_eq!(spans.len() as u64, MESSAGES);
    assert!(spans.iter().all(|span| span.parent == "none"));
    let traces: HashSet<&str> = spans.iter().map(|span| span.trace.as_str()).collect();
    assert_eq!(traces.len(), spans.len(), "a trace each");
}

fn a_trace_goes_on_from_node_to_node() {
    let (client, server) = pair("new", "new", "full");
    let causes = spans(&client, "Cause/Cause");
    let [cause] = causes.as_slice() else { panic!("{client:#?}") };
    for (name, count) in [("Guild/Join", MESSAGES), ("Guild/Note", 1), ("Guild/Notes", 1)] {
        let spans = spans(&server, name);
        assert_eq!(spans.len() as u64, count, "{name}");
        let is_below = |span: &Span| span.trace == cause.trace && span.parent == cause.id;
        assert!(spans.iter().all(is_below), "{name}");
    }
    // The slot of the first is somebody else's, and kept; that of the second is free.
    let tenants: Vec<&String> = server.iter().filter(|line| line.starts_with("tenant")).collect();
    assert_eq!(tenants, ["tenant Some(9)", "tenant None"]);
    let pings = spans(&server, "Tenants/Ping");
    let traced: Vec<bool> = pings.iter().map(|ping| ping.trace == cause.trace).collect();
    assert_eq!(traced, [false, true]);
}

/// On the other node as well: no span, and no trace of its own. One whose slot is somebody else's has no context, and is a root.
fn an_unsampled_trace_stays_so() {
    let (client, server) = pair_of("new", "new", "full", "unsampled");
    assert_eq!(spans(&client, "Cause/Cause").len(), 0);
    for name in ["Guild/Join", "Guild/Note", "Guild/Notes"] {
        assert_eq!(spans(&server, name).len(), 0, "{name}");
    }
    let tenants: Vec<&String> = server.iter().filter(|line| line.starts_with("tenant")).collect();
    assert_eq!(tenants, ["tenant Some(9)", "tenant None"]);
    let pings = spans(&server, "Tenants/Ping");
    assert_eq!(pings.iter().map(|ping| ping.parent.as_str()).collect::<Vec<_>>(), ["none"]);

    let (_, server) = pair_of("new", "old", "full", "unsampled");
    assert_eq!(spans(&server, "Guild/Join").len(), 0);
    // Without ids there is nothing to go on with, and the server decides by itself.
    for trust in ["ids", "ignore"] {
        let (_, server) = pair_of("new", "new", trust, "unsampled");
        are_roots(&spans(&server, "Guild/Join"));
    }
}

fn a_server_that_trusts_nobody_starts_its_own() {
    let (_, server) = pair("new", "new", "ignore");
    are_roots(&spans(&server, "Guild/Join"));
}

fn a_server_that_trusts_ids_goes_on_with_them() {
    let (client, server) = pair("new", "new", "ids");
    let trace = &spans(&client, "Cause/Cause")[0].trace;
    let joins = spans(&server, "Guild/Join");
    // The server decides by itself, and keeps everything.
    assert_eq!(joins.len() as u64, MESSAGES);
    assert!(joins.iter().all(|span| span.trace == *trace));
}

const VERSIONS: [&str; 2] = ["old", "new"];

/// The final reports of the clients and servers of a load.
#[derive(Default)]
struct Load {
    /// The rounds by version: a label and its rounds.
    rounds: [Vec<(String, u64)>; 2],
    unanswered: u64,
    client_spans: Vec<Span>,
}

impl Load {
    fn of(clients: [Node; 2]) -> Self {
        let mut load = Self::default();
        for (client, rounds) in clients.into_iter().zip(&mut load.rounds) {
            let said = client.end();
            rounds.extend(said.iter().filter_map(|line| {
                let (count, label) = line.strip_prefix("rounds ")?.split_once(' ')?;
                Some((label.to_owned(), count.parse().unwrap()))
            }));
            let unanswered = said.iter().find_map(|line| line.strip_prefix("unanswered "));
            load.unanswered += unanswered.unwrap().parse::<u64>().unwrap();
            load.client_spans.extend(spans(&said, "Cause/Cause"));
        }
        load
    }

    /// Returns the number of casts of an old and of a new client that a server must have, since it answered what came behind them.
    fn casts(&self, label: &str) -> [u64; 2] {
        self.rounds.each_ref().map(|rounds| {
            let of_server = rounds.iter().filter(|(of, _)| of == label);
            of_server.map(|(_, rounds)| rounds * CASTS).sum()
        })
    }

    /// Checks a new server's spans: an old client's messages are roots, and a new client's continue its traces.
    fn assert_traces(&self, server: &[String], joined: [u64; 2]) {
        let causes: HashMap<&str, &Span> = self.client_spans.iter().map(|span| (&*span.id, span)).collect();
        let (of_new, of_old): (Vec<Span>, Vec<Span>) =
            spans(server, "Guild/Join").into_iter().partition(|span| span.of == NEW_USER.to_string());
        assert_eq!([of_old.len() as u64, of_new.len() as u64], joined, "a span for each");
        assert!(of_old.iter().all(|span| span.parent == "none"));
        for span in of_new {
            let cause = causes.get(&*span.parent).expect("below a span of the client");
            assert_eq!(span.trace, cause.trace);
        }
    }
}

fn clients(port: u16) -> [Node; 2] {
    VERSIONS.map(|version| Node::start(&["load", version, &port.to_string()]))
}

/// Returns what a server counted of an old and of a new client.
fn joined(server: &[String]) -> [u64; 2] {
    let line = server.iter().find_map(|line| line.strip_prefix("joined ")).unwrap();
    let (old, new) = line.split_once(' ').unwrap();
    [old, new].map(|count| count.parse().unwrap())
}

/// Upgraded, rolled back and upgraded again, under casts and calls of old and of new clients. Each server serves both. A server
/// ends when its clients have gone over to the next one.
fn nothing_is_lost_while_the_server_is_exchanged() {
    let first = port();
    let mut clients = clients(first);
    let mut running: Option<(String, Node)> = None;
    let mut ended = Vec::new();
    for (at, version) in ["old", "new", "old", "new"].into_iter().enumerate() {
        let (label, port) = (format!("{version}-{at}"), if at == 0 { first } else { port() });
        let server = server(version, port, "full", &label);
        for client in &mut clients {
            client.tell(&port.to_string());
        }
        for client in &mut clients {
            client.wait_for(&format!("served by {label}"));
        }
        if let Some((label, before)) = running.replace((label, server)) {
            ended.push((label, before.end()));
        }
    }
    let load = Load::of(clients);
    ended.extend(running.map(|(label, server)| (label, server.end())));
    assert_eq!(load.unanswered, 0, "no call");
    for (label, said) in &ended {
        assert_eq!(joined(said), load.casts(label), "{label}: no cast");
        if label.starts_with("new") {
            load.assert_traces(said, joined(said));
        }
    }
    println!("while the server is exchanged: {:?}, nothing lost", load.rounds);
}

/// Killed under load, and started again at the same port. What was on its way may be lost, and nothing else is.
fn a_server_that_is_killed_costs_what_was_on_its_way() {
    let port = port();
    let mut clients = clients(port);
    let mut killed = server("new", port, "full", "new-0");
    for client in &mut clients {
        client.wait_for("served by new-0");
    }
    killed.process.kill().unwrap();
    killed.process.wait().unwrap();
    let server = server("new", port, "full", "new-1");
    for client in &mut clients {
        client.wait_for("served by new-1");
    }
    let load = Load::of(clients);
    let said = server.end();
    // A round without an answer was sent to the one or to the other server.
    let (sure, joined) = (load.casts("new-1"), joined(&said));
    for (sure, joined) in sure.iter().zip(joined) {
        assert!((*sure..=sure + load.unanswered * CASTS).contains(&joined), "{sure} {joined}");
    }
    load.assert_traces(&said, joined);
    println!("a server is killed: {:?}, {} rounds unanswered", load.rounds, load.unanswered);
}
