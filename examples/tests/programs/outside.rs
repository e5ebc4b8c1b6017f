//! The guild example with clients over TCP, whose traces continue in its actors. Each row is the request of a client,
//! and the spans that the report shows below the client's own.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::process::{Command, Stdio};

use super::support::{binary, section};

/// A post to a channel of 12.
const POST: &str = r#"{"t":"MESSAGE_CREATE","d":{"channel_id":"876596460951178121","author":{"id":"388605334125023062"},"content":"on it"}}"#;

/// The request that grpcio 1.85.1 sends for a unary call under opentelemetry-instrumentation-grpc 0.66b2, with the
/// metadata in its order. Its flags say sampled and random.
const PYTHON: &str = "POST /chat.Guild/Post HTTP/1.1\r
user-agent: grpc-python/1.85.1 grpc-c/58.0.0 (linux; chttp2)\r
traceparent: 00-d7b51cdd24dbb53695985f56a1c94d61-2acc94220700ab1e-03\r
baggage: user=alice\r
\r
";

/// A socket as a browser opens it: without headers of the page, except sub-protocols.
fn browser(query: &str, protocols: &str) -> String {
    format!(
        "GET /gateway?{query} HTTP/1.1\r\nHost: chat.example\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Origin: https://chat.example\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: {protocols}\r\n\r\n"
    )
}

#[test]
fn a_client_s_trace_goes_on_in_the_guild_s_actors() {
    let posted: &[&str] = &["Gateway/Dispatch", "Guild/Post", "Session/Deliver"];
    let joined: &[&str] = &["socket/open", "Guild/Join", "Presence/Update", "Session/Hello"];
    let own =
        POST.replacen('{', r#"{"traceparent":"00-5af7651916cd43dd8448eb211c80319c-5b7ad6b716920333-01","#, 1);
    let parent = |n: u8| format!("traceparent=00-{n}af7651916cd43dd8448eb211c80319c-{n}b7ad6b716920333-01");
    let protocols = format!("chat.v1, {}", parent(2).replace('=', "."));

    // The request; the client's trace and span; the names of the spans below them, from the top down.
    let rows = [
        (format!("{PYTHON}{POST}\n"), "d7b51cdd24dbb53695985f56a1c94d61", "2acc94220700ab1e", posted),
        (
            browser(&format!("user=7&{}", parent(1)), "chat.v1"),
            "1af7651916cd43dd8448eb211c80319c",
            "1b7ad6b716920333",
            joined,
        ),
        (browser("user=8", &protocols), "2af7651916cd43dd8448eb211c80319c", "2b7ad6b716920333", joined),
        (
            format!("{}{}\n", browser("user=9", "chat.v1"), parent(3)),
            "3af7651916cd43dd8448eb211c80319c",
            "3b7ad6b716920333",
            joined,
        ),
        // A message with its own context.
        (
            format!("{}{own}\n", browser("", "")),
            "5af7651916cd43dd8448eb211c80319c",
            "5b7ad6b716920333",
            posted,
        ),
    ];
    // A malformed context starts a new trace, and the message still arrives.
    let malformed = browser(&format!("user=10&{}", parent(4).replace("-4b", "-4B")), "");

    let guild = Guild::start();
    for (sent, ..) in &rows {
        guild.send(sent);
    }
    guild.send(&format!("{malformed}{POST}\n"));
    let report = guild.report();

    let outside = section(&report, "From outside");
    for (_, trace, span, names) in &rows {
        let text = outside.split_once(&format!("continues span {span} of trace {trace}\n"));
        let text = text.unwrap_or_else(|| panic!("no {trace} from {span} in {outside}")).1;
        let text = text.split_once("\ncontinues ").map_or(text, |(text, _)| text);
        assert!(text.trim_start().starts_with(&format!("trace {trace} ")), "{text}");
        assert_eq!(tree(text), *names, "{text}");
    }
    assert_eq!(outside.matches("continues span").count(), rows.len(), "{outside}");
}

/// The names of a waterfall from the top down. Names at the same depth occur once, in alphabetical order.
fn tree(waterfall: &str) -> Vec<&str> {
    let rows =
        waterfall.lines().filter_map(|line| line.split_once("─ ").filter(|(_, rest)| rest.contains('/')));
    let mut names: Vec<(usize, &str)> =
        rows.map(|(indent, rest)| (indent.chars().count(), rest.split(' ').next().unwrap())).collect();
    names.sort_unstable();
    names.dedup();
    names.into_iter().map(|(_, name)| name).collect()
}

/// The example as a server.
struct Guild {
    program: std::process::Child,
    stdout: BufReader<std::process::ChildStdout>,
    address: String,
}

impl Guild {
    fn start() -> Self {
        let mut program = Command::new(binary())
            .args(["--listen", "127.0.0.1:0"])
            .env_remove("OTEL_TRACES_SAMPLER")
            .env_remove("OTEL_PROPAGATORS")
            .env_remove("OTEL_EXPORTER_OTLP_ENDPOINT")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdout = BufReader::new(program.stdout.take().unwrap());
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        let address = line.strip_prefix("listening on ").and_then(|rest| rest.split(' ').next());
        let address = address.unwrap_or_else(|| panic!("{line}")).to_owned();
        Self { program, stdout, address }
    }

    /// Runs one client until the guild has closed its side. Then everything that it sent is in the gateway's mailbox.
    fn send(&self, text: &str) {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.write_all(text.as_bytes()).unwrap();
        stream.shutdown(Shutdown::Write).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200 ") || answer.starts_with("HTTP/1.1 101 "), "{answer}");
        assert!(!answer.contains("traceparent"), "no protocol of ours may be selected: {answer}");
    }

    fn report(mut self) -> String {
        drop(self.program.stdin.take());
        let mut report = String::new();
        self.stdout.read_to_string(&mut report).unwrap();
        assert!(self.program.wait().unwrap().success());
        report
    }
}
