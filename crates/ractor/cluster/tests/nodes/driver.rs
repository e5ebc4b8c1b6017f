//! Starts the nodes, and looks at what they print.

use std::collections::HashSet;
use std::env;
use std::io::{BufRead, BufReader, Read};
use std::net::TcpListener;
use std::process::{Child, ChildStdout, Command, Stdio};

use crate::node::MESSAGES;

/// A node that runs.
struct Node {
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

struct Span {
    name: String,
    trace: String,
    id: String,
    parent: String,
}

impl Node {
    fn start(arguments: &[&str]) -> Self {
        let mut command = Command::new(env::current_exe().unwrap());
        command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.spawn().unwrap();
        let output = BufReader::new(process.stdout.take().unwrap());
        Self { process, output }
    }

    fn wait_for(&mut self, line: &str) {
        let mut read = String::new();
        while read.trim() != line {
            read.clear();
            assert_ne!(self.output.read_line(&mut read).unwrap(), 0, "it ended before it said {line:?}");
        }
    }

    /// Lets a server end, and returns the rest of what a node says.
    fn end(mut self) -> Vec<String> {
        drop(self.process.stdin.take());
        let mut rest = String::new();
        self.output.read_to_string(&mut rest).unwrap();
        assert!(self.process.wait().unwrap().success(), "{rest}");
        rest.lines().map(str::to_owned).collect()
    }
}

fn server(version: &str, port: u16, trust: &str, label: &str) -> Node {
    let mut server = Node::start(&["server", version, &port.to_string(), trust, label]);
    server.wait_for("ready");
    server
}

/// A port that is free now.
fn port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn spans(lines: &[String], name: &str) -> Vec<Span> {
    let spans = lines.iter().filter_map(|line| {
        let mut words = line.strip_prefix("span ")?.split(' ').map(str::to_owned);
        Some(Span { name: words.next()?, trace: words.next()?, id: words.next()?, parent: words.next()? })
    });
    spans.filter(|span| span.name == name).collect()
}

/// What a client and a server said, when both are done.
fn pair(client: &str, of: &str, trust: &str) -> (Vec<String>, Vec<String>) {
    let port = port();
    let server = server(of, port, trust, "guild");
    let said = Node::start(&["client", client, &port.to_string()]).end();
    // Nothing is lost, and nothing comes twice.
    assert!(
        said.contains(&format!("count {} notes guild;hello", 7 * MESSAGES)),
        "{client} to {of}: {said:#?}"
    );
    println!("client {client} to server {of}, trust {trust}: ok");
    (said, server.end())
}

pub(crate) fn all() {
    an_old_server_ignores_the_context();
    an_old_client_s_messages_are_roots();
    a_trace_goes_on_from_node_to_node();
    a_server_that_trusts_nobody_starts_its_own();
    a_server_that_trusts_ids_goes_on_with_them();
    no_call_is_lost_while_the_server_is_exchanged();
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

/// Upgraded, rolled back and upgraded again, under calls of old and of new clients. Each server serves both.
fn no_call_is_lost_while_the_server_is_exchanged() {
    let port = port();
    let mut clients = ["old", "new"].map(|version| Node::start(&["load", version, &port.to_string()]));
    let mut versions = ["old", "new", "old", "new"].iter().enumerate().peekable();
    while let Some((at, version)) = versions.next() {
        let label = format!("{version} {at}");
        let server = server(version, port, "full", &label);
        for client in &mut clients {
            client.wait_for(&format!("served by {label}"));
        }
        if versions.peek().is_some() {
            server.end();
            continue;
        }
        for client in &mut clients {
            // Dropped: it is to end, and the server is there still.
            drop(client.process.stdin.take());
            let mut rest = String::new();
            client.output.read_to_string(&mut rest).unwrap();
            assert!(client.process.wait().unwrap().success(), "{rest}");
            println!("while the server is exchanged: {}, all answered", rest.trim());
        }
    }
}
