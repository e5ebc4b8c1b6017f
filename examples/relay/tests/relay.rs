//! Runs the relay as its users do: a request over a socket, through two actors, and out over another socket. Each row
//! has the incoming headers and the expected outgoing ones. The rules themselves are tested in `tests/propagation`.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const SPAN: &str = "b7ad6b7169203331";
const PARENT: &str = "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-03";
const UNSAMPLED: &str = "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00";

/// The outcome for an incoming trace.
enum Outcome {
    /// The trace continues, with these flags and this `tracestate`.
    GoesOn(&'static str, Option<&'static str>),
    /// Another trace begins, at the request or in front of the second actor.
    Begins(Option<&'static str>),
}

#[test]
fn a_trace_goes_through_or_begins() {
    use Outcome::{Begins, GoesOn};
    // The entry `ta` counts the messages since the root. A trace that loops is cut by this count.
    let begins = Begins(Some("ta=h:1"));
    let rows: [(&[&str], &Outcome); 9] = [
        (&[], &begins),
        (&[PARENT], &GoesOn("03", Some("ta=h:2"))),
        (&[PARENT, "tracestate: a=1 ,, b=2", "TraceState: c=3"], &GoesOn("03", Some("ta=h:2,a=1,b=2,c=3"))),
        (&[PARENT, "tracestate: ta=h:61,a=1"], &GoesOn("03", Some("ta=h:63,a=1"))),
        (&[PARENT, "tracestate: a=1,B=2"], &GoesOn("03", Some("ta=h:2"))),
        (&[UNSAMPLED, "tracestate: a=1"], &GoesOn("00", Some("a=1"))),
        (&[PARENT, PARENT], &begins),
        (&["traceparent: ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"], &begins),
        // The second message from here is the 64th: the trace continues as another, linked one.
        (&[PARENT, "tracestate: ta=h:62,a=1"], &Begins(None)),
    ];
    let relay = Relay::start();
    for (headers, outcome) in rows {
        let came = relay.relayed(headers);
        let parent: Vec<&str> = came.one("traceparent").unwrap().split('-').collect();
        let [_, trace, span, flags] = parent[..] else { panic!("{parent:?}") };
        let state = match outcome {
            GoesOn(expected, state) => {
                assert_eq!((trace, flags), (TRACE, *expected), "{headers:?}");
                state
            }
            Begins(state) => {
                assert_ne!(trace, TRACE, "{headers:?}");
                assert_eq!(flags, "03", "{headers:?}");
                state
            }
        };
        assert_eq!(came.one("tracestate"), *state, "{headers:?}");
        assert_ne!(span, SPAN, "a span of its own");
    }
}

/// Each of several posts has its own span in the same trace.
#[test]
fn several_posts_of_a_request_are_told_apart() {
    let relay = Relay::start();
    let came = relay.post(&[PARENT], 3);
    let parents: Vec<&str> = came.iter().map(|came| came.one("traceparent").unwrap()).collect();
    assert!(parents.iter().all(|parent| parent[3..35] == *TRACE), "{parents:?}");
    let mut spans: Vec<&str> = parents.iter().map(|parent| &parent[36..52]).collect();
    spans.sort_unstable();
    spans.dedup();
    assert_eq!(spans.len(), 3, "{parents:?}");
}

/// For each value of `OTEL_PROPAGATORS`: which of two contexts is used, and which headers are sent.
#[test]
fn the_environment_names_the_formats_and_their_order() {
    const ALL: [&str; 6] =
        ["traceparent", "tracestate", "b3", "x-b3-traceid", "uber-trace-id", "x-amzn-trace-id"];
    let b3 = "b3: 1af7651916cd43dd8448eb211c80319c-c7ad6b7169203331-1";
    let other = "1af7651916cd43dd8448eb211c80319c";
    let w3c: &[&str] = &["traceparent", "tracestate"];
    // The trace that continues, if one does.
    let rows: [(&str, Option<&str>, &[&str]); 9] = [
        ("", Some(TRACE), w3c),
        ("tracecontext", Some(TRACE), w3c),
        ("tracecontext,baggage,b3", Some(TRACE), &["traceparent", "tracestate", "b3"]),
        ("b3,tracecontext", Some(other), &["traceparent", "tracestate", "b3"]),
        ("b3, b3", Some(other), &["b3"]),
        ("b3multi", Some(other), &["x-b3-traceid"]),
        ("jaeger", None, &["uber-trace-id"]),
        ("xray", None, &["x-amzn-trace-id"]),
        ("none", None, &[]),
    ];
    for (list, trace, headers) in rows {
        let came = Relay::with_propagators(list).relayed(&[PARENT, b3]);
        let found: Vec<&str> = ALL.into_iter().filter(|name| came.one(name).is_some()).collect();
        assert_eq!(found, headers, "{list}");
        let ids = headers.first().and_then(|name| came.one(name)).unwrap_or_default();
        match trace {
            Some(trace) => assert!(ids.contains(trace), "{list}: {ids}"),
            None => assert!(!ids.contains(TRACE) && !ids.contains(other), "{list}: {ids}"),
        }
    }
}

#[test]
fn a_format_that_is_not_known_ends_the_program_and_says_what_to_write() {
    let output = Command::new(binary()).arg("0").env("OTEL_PROPAGATORS", "tracecontext,b4").output().unwrap();
    assert!(!output.status.success());
    let message = String::from_utf8(output.stderr).unwrap();
    let expected = "OTEL_PROPAGATORS has `b4`: write none, or a list of tracecontext, baggage, b3, b3multi, jaeger, xray";
    assert!(message.contains(expected), "{message}");
}

// ===== running it =====

/// The example, and the service that it posts to.
struct Relay {
    program: Child,
    address: String,
    service: TcpListener,
}

/// The headers of a request, names in lower case.
struct Headers(Vec<(String, String)>);

impl Headers {
    fn one(&self, name: &str) -> Option<&str> {
        let mut found = self.0.iter().filter(|(found, _)| found == name).map(|(_, value)| &**value);
        let one = found.next();
        assert_eq!(found.next(), None, "{name} came twice");
        one
    }
}

impl Relay {
    fn start() -> Self {
        Self::with_propagators("")
    }

    fn with_propagators(list: &str) -> Self {
        let mut program = Command::new(binary())
            .arg("0")
            .env_remove("OTEL_TRACES_SAMPLER")
            .env("OTEL_PROPAGATORS", list)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(program.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("listening on http://").unwrap().to_owned();
        Self { program, address, service: TcpListener::bind("127.0.0.1:0").unwrap() }
    }

    fn relayed(&self, headers: &[&str]) -> Headers {
        self.post(headers, 1).remove(0)
    }

    /// Lets the relay post `times` to the service, and returns the headers that arrived there.
    fn post(&self, headers: &[&str], times: usize) -> Vec<Headers> {
        let url = format!("http://{}/", self.service.local_addr().unwrap());
        let body = serde_json::json!(vec![serde_json::json!({ "url": url, "arguments": {} }); times]);
        let body = body.to_string();
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let length = format!("content-length: {}", body.len());
        let mut lines = vec!["POST /test HTTP/1.1", "host: x", "connection: close", &length];
        lines.extend(headers);
        write!(stream, "{}\r\n\r\n{body}", lines.join("\r\n")).unwrap();
        let came = (0..times).map(|_| serve(&self.service.accept().unwrap().0)).collect();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
        came
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.program.kill().ok();
        self.program.wait().ok();
    }
}

/// Reads one request, answers it, and closes.
fn serve(mut stream: &TcpStream) -> Headers {
    let mut reader = BufReader::new(stream);
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        match line.trim_end() {
            "" => break,
            line => headers
                .extend(line.split_once(": ").map(|(name, value)| (name.to_lowercase(), value.to_owned()))),
        }
    }
    let headers = Headers(headers);
    let length: usize = headers.one("content-length").unwrap().parse().unwrap();
    reader.read_exact(&mut vec![0; length]).unwrap();
    stream.write_all(b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 0\r\n\r\n").unwrap();
    headers
}

/// `target/<profile>/examples/relay`, which `cargo test` builds; this test is in `target/<profile>/deps`.
fn binary() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let profile = test.parent().and_then(|deps| deps.parent()).unwrap();
    let binary = profile.join("examples").join(format!("relay{}", std::env::consts::EXE_SUFFIX));
    assert!(binary.exists(), "{} is missing: `cargo build --example relay` makes it", binary.display());
    binary
}
