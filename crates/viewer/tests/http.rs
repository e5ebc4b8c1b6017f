//! The page and the API as a browser and a program see them.

mod common;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::{Barrier, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;
use traced_actor_viewer::{Builder, ServeError, Viewer};

use crate::common::{Answer, Message, PATIENCE, ask};

/// A value that would be markup, a script or an attribute, if it were put into a page as it is.
const HOSTILE: &str = "\"'><script>document.title='owned'</script><img src=x onerror=alert(1)>";

/// The viewer of this process, after a hundred posts and ten failures.
fn viewer() -> SocketAddr {
    static VIEWER: OnceLock<Viewer> = OnceLock::new();
    let started = VIEWER.get_or_init(|| {
        let viewer = Builder::new().traces_per_second(1000).serve("127.0.0.1:0").unwrap();
        let posts = (0..100).map(|channel| {
            let text = if channel == 7 { HOSTILE } else { "text" };
            Message::Post { channel, text }
        });
        common::forward(posts.chain((0..10).map(|channel| Message::Fail { channel })));
        viewer
    });
    started.address()
}

fn get(path: &str) -> Answer {
    common::get(viewer(), path)
}

fn json(path: &str) -> Value {
    common::json(viewer(), path)
}

#[test]
fn every_file_of_the_page_is_there_and_loads_nothing_from_elsewhere() {
    let page = get("/");
    assert!(page.head.contains("content-type: text/html; charset=utf-8"), "{}", page.head);
    let mut files = vec!["/".to_owned(), "/api".to_owned()];
    let mut seen = 0;
    while let Some(path) = files.get(seen).cloned() {
        seen += 1;
        let answer = get(&path);
        assert_eq!(answer.status, 200, "{path}");
        for header in [
            "content-security-policy: default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; ",
            "x-content-type-options: nosniff",
            "referrer-policy: no-referrer",
            "x-frame-options: deny",
        ] {
            assert!(answer.head.contains(header), "{path}: {header}: {}", answer.head);
        }
        // The files that a page refers to: `src="x"`, `href="x"`, `from "./x"`. An absolute path would bypass the path of a
        // proxy.
        for before in ["src=\"", "href=\"", "from \"./"] {
            for part in answer.body.split(before).skip(1) {
                let name = part.split('"').next().unwrap();
                assert!(!name.starts_with('/'), "{path}: {name}");
                let name = format!("/{name}");
                if !name.starts_with("/#") && !name.starts_with("/api/") && !files.contains(&name) {
                    files.push(name);
                }
            }
        }
        if path == "/api" {
            continue;
        }
        for dangerous in
            ["innerHTML", "outerHTML", "insertAdjacent", "document.write", "eval(", "new Function"]
        {
            assert!(!answer.body.contains(dangerous), "{path}: {dangerous}");
        }
        for from_the_root in ["\"/api", "`/api"] {
            assert!(!answer.body.contains(from_the_root), "{path}");
        }
        let elsewhere = answer.body.replace("http://www.w3.org/2000/svg", "");
        assert!(!elsewhere.contains("http://") && !elsewhere.contains("https://"), "{path}");
    }
    assert!(files.len() >= 13, "{files:?}");
}

#[test]
fn another_host_and_another_s_page_are_refused() {
    let address = viewer();
    let with = |headers: &str| {
        let request = format!("GET /api/traces HTTP/1.1\r\n{headers}Connection: close\r\n\r\n");
        ask(address, &request).status
    };
    assert_eq!(with(&format!("Host: localhost:{}\r\n", address.port())), 200);
    // By DNS rebinding, the name is the attacker's.
    assert_eq!(with("Host: evil.example\r\n"), 403);
    assert_eq!(with(&format!("Host: evil.example:{}\r\n", address.port())), 403);
    assert_eq!(with(&format!("Host: {address}\r\nOrigin: http://evil.example\r\n")), 403);
    assert_eq!(with(""), 403);
    let refused = ask(address, "GET / HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n");
    assert!(!refused.head.contains("access-control") && !refused.body.contains("Guild"));
}

#[test]
fn only_questions_are_answered() {
    let address = viewer();
    let request = |line: &str| {
        ask(address, &format!("{line} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")).status
    };
    assert_eq!(request("POST /api/traces"), 405);
    assert_eq!(request("DELETE /"), 405);
    let options = ask(
        address,
        &format!("OPTIONS /api/traces HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n"),
    );
    assert!(options.status == 405 && options.head.contains("allow: get, head"), "{}", options.head);
    assert!(!options.head.contains("access-control"), "{}", options.head);
    for path in ["/", "/api/actors", "/api/events?view=actors"] {
        let head =
            ask(address, &format!("HEAD {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n"));
        assert_eq!((head.status, &*head.body), (200, ""), "{path}");
    }
    for path in [
        "/nothing",
        "/api/",
        "/api/nothing",
        "/api/traces/xyz",
        "/api/traces/00000000000000000000000000000001",
        "/../Cargo.toml",
        "/api/events?view=nothing",
        "/api/distribution",
    ] {
        assert_eq!(request(&format!("GET {path}")), 404, "{path}");
    }
}

#[test]
fn what_is_no_request_is_harmless() {
    let address = viewer();
    for bytes in [
        "\0\u{1}\u{2}",
        "GET / HTTP/9.9\r\n\r\n",
        &format!("GET /{} HTTP/1.1\r\n\r\n", "x".repeat(100_000)),
        &"A: b\r\n".repeat(10_000),
    ] {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        // It may be refused before all of it is sent.
        let _ = stream.write_all(bytes.as_bytes());
        let _ = stream.shutdown(std::net::Shutdown::Write);
        let _ = stream.read_to_end(&mut Vec::new());
    }
    assert_eq!(get("/api/status").status, 200);
}

/// Viewers that start at the same time have the same metrics, whichever of them installs these.
#[test]
fn all_viewers_of_a_process_have_metrics() {
    let barrier = Barrier::new(8);
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                barrier.wait();
                let other = Builder::new().quiet(true).serve("127.0.0.1:0").unwrap();
                let address = other.address();
                let answer = ask(
                    address,
                    &format!("GET /api/status HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n"),
                );
                assert!(answer.body.contains("\"metrics\":true"), "{}", answer.body);
            });
        }
    });
}

#[test]
fn actors_are_counted() {
    let now = json("/api/actors");
    let found = now["actors"].as_array().unwrap().iter().find(|row| row["actor"] == "Guild");
    let guild = found.unwrap_or_else(|| panic!("no row for the guild: {now:#}"));
    assert_eq!((guild["messages"].as_u64(), guild["failed"].as_u64()), (Some(110), Some(10)));
    let kinds: Vec<&str> =
        guild["kinds"].as_array().unwrap().iter().map(|kind| kind["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["Fail", "Post"]);
    assert!(guild["handling"]["p99"].as_u64().unwrap() > 0);
    let open = json("/api/open");
    assert_eq!(open["asks"], Value::Array(Vec::new()));
    assert!(json("/api/instances").is_array());
    let all = json("/api/distribution?actor=Guild&kind=Post");
    assert_eq!((all["of"].as_str(), all["handling"]["count"].as_u64()), (Some("metrics"), Some(100)));
}

#[test]
fn traces_are_found_and_exported() {
    let found = json("/api/traces?failed=1&most=3");
    assert_eq!((found["traces"].as_array().unwrap().len(), found["omitted"].as_u64()), (3, Some(7)));
    let hostile = json("/api/traces?attribute=channel%3D7&kind=post");
    assert_eq!(hostile["traces"].as_array().unwrap().len(), 1);
    let id = hostile["traces"][0]["trace_id"].as_str().unwrap();

    let trace = json(&format!("/api/traces/{id}"));
    let span = &trace["spans"][1];
    assert_eq!((span["name"].as_str(), span["actor"].as_str()), (Some("Guild/Post"), Some("Guild")));
    assert_eq!(span["attributes"], serde_json::json!([["channel", 7], ["text", HOSTILE]]));
    let [sent, start, wait] = ["sent", "start", "wait"].map(|name| span[name].as_u64().unwrap());
    assert_eq!(sent + wait, start);
    let path = trace["critical_path"].as_array().unwrap();
    let spans: Vec<(u64, bool)> =
        path.iter().map(|part| (part["span"].as_u64().unwrap(), part["wait"].as_bool().unwrap())).collect();
    assert_eq!(spans, [(1, false), (1, true), (0, false)]);

    let text = get(&format!("/api/traces/{id}/text"));
    assert!(
        text.head.contains("content-type: text/plain") && text.body.contains("Guild/Post"),
        "{}",
        text.body
    );
    let otlp = get(&format!("/api/traces/{id}/otlp"));
    assert!(otlp.head.contains(&format!("attachment; filename=\"{id}.otlp.json\"")), "{}", otlp.head);
    let otlp: Value = serde_json::from_str(&otlp.body).unwrap();
    assert_eq!(otlp["resourceSpans"][0]["scopeSpans"][0]["spans"][1]["traceId"], id);
    let chrome = json(&format!("/api/traces/{id}/chrome"));
    let handled = chrome["traceEvents"].as_array().unwrap().iter().rfind(|event| event["ph"] == "X").unwrap();
    assert_eq!(handled["args"]["text"], HOSTILE);
}

#[test]
fn a_comparison_is_there_as_json_and_as_text() {
    let compared = json("/api/compare?bad=failed");
    assert_eq!(
        (compared["bad"]["items"].as_u64(), compared["rest"]["items"].as_u64()),
        (Some(10), Some(100))
    );
    assert_eq!((compared["bad_is"].as_str(), compared["of"].as_str()), (Some("failed"), Some("traces")));
    let text = get("/api/compare/text?bad=failed").body;
    assert!(text.starts_with("traces, failed against the rest: 10 bad, 100 others\n"), "{text}");
}

#[test]
fn events_come_each_second_until_the_browser_goes() {
    let address = viewer();
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    write!(stream, "GET /api/events?view=actors HTTP/1.1\r\nHost: {address}\r\n\r\n").unwrap();
    let lines = BufReader::new(stream).lines().map(Result::unwrap);
    let mut events = lines.filter(|line| line.starts_with("event: ") || line.starts_with("data: "));
    for name in ["status", "view", "status", "view"] {
        assert_eq!(events.next().unwrap(), format!("event: {name}"));
        let data = events.next().unwrap();
        let data: Value = serde_json::from_str(data.strip_prefix("data: ").unwrap()).unwrap();
        assert!(data.is_object());
    }
}

#[test]
fn events_of_a_trace_tell_how_much_of_it_has_ended() {
    let id = json("/api/traces?attribute=channel%3D7&kind=post")["traces"][0]["trace_id"].clone();
    for (id, spans) in
        [(id.as_str().unwrap(), 2), ("00000000000000000000000000000001", 0), ("%3Cscript%3E", 0)]
    {
        let address = viewer();
        let mut stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        write!(stream, "GET /api/events?view=trace&id={id} HTTP/1.1\r\nHost: {address}\r\n\r\n").unwrap();
        let mut lines = BufReader::new(stream).lines().map(Result::unwrap);
        lines.find(|line| line == "event: view").unwrap();
        assert_eq!(lines.next().unwrap(), format!("data: {{\"spans\":{spans}}}"), "{id}");
    }
}

#[test]
fn other_hosts_are_served_with_a_token_alone() {
    let refused = |builder: Builder, address: &str| builder.quiet(true).start(address).unwrap_err();
    assert!(matches!(refused(Builder::new(), "0.0.0.0:0"), ServeError::OtherHosts(_)));
    assert!(matches!(refused(Builder::new(), "[::]:0"), ServeError::OtherHosts(_)));
    assert!(matches!(refused(Builder::new().token("short"), "127.0.0.1:0"), ServeError::Token));
    assert!(matches!(refused(Builder::new().token("sixteen; letters"), "127.0.0.1:0"), ServeError::Token));

    let (first, _exporter) = Builder::new().quiet(true).start("127.0.0.1:0").unwrap();
    let taken = first.address();
    let error = Builder::new().quiet(true).start(taken).unwrap_err().to_string();
    assert!(error.starts_with(&format!("cannot serve the viewer: {taken}: ")), "{error}");

    let token = "0123456789abcdef";
    let (viewer, _exporter) = Builder::new().quiet(true).token(token).start("0.0.0.0:0").unwrap();
    let address = SocketAddr::from(([127, 0, 0, 1], viewer.address().port()));
    let ask = |path: &str, headers: &str| {
        ask(address, &format!("GET {path} HTTP/1.1\r\nHost: 10.0.0.7\r\n{headers}Connection: close\r\n\r\n"))
    };
    assert_eq!(ask("/", "").status, 401);
    assert_eq!(ask("/api/status", "Authorization: Bearer 0123456789abcdeF\r\n").status, 401);
    assert_eq!(ask("/?token=no", "").status, 401);
    assert_eq!(ask(&format!("/api/status?token={token}"), "").status, 401);
    assert_eq!(ask("/api/status", &format!("Authorization: Bearer {token}\r\n")).status, 200);
    let opened = ask(&format!("/?token={token}"), "");
    assert_eq!(opened.status, 303);
    let set = opened.head.split("set-cookie: ").nth(1).unwrap().lines().next().unwrap();
    let (pair, rest) = set.split_once("; ").unwrap();
    assert!(pair.starts_with("traced_actor_viewer_") && pair.ends_with("=0123456789abcdef"), "{set}");
    assert_eq!(rest, "httponly; samesite=strict");
    assert!(opened.head.contains("location: ./"), "{}", opened.head);
    let cookie = format!("Cookie: {pair}\r\n");
    assert_eq!(ask("/", &cookie).status, 200);
    assert_eq!(
        ask(&format!("/?token={token}"), &cookie).status,
        303,
        "the token does not stay in the address"
    );
}

/// More connections than there is room for are closed at once, and there is room again when others have gone.
#[test]
fn connections_are_bounded() {
    let (viewer, _exporter) = Builder::new().quiet(true).start("127.0.0.1:0").unwrap();
    let address = viewer.address();
    // A stream of events, which the server does not close by itself. `None` if there was no room.
    let stream = || {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        // It may be closed before all of it is sent.
        let _ = write!(stream, "GET /api/events?view=status HTTP/1.1\r\nHost: {address}\r\n\r\n");
        let mut status = [0; 12];
        stream.read_exact(&mut status).is_ok_and(|()| &status == b"HTTP/1.1 200").then_some(stream)
    };
    let mut held: Vec<TcpStream> = (0..64).map(|_| stream().expect("there is room")).collect();
    for _ in 0..100 {
        assert!(stream().is_none());
    }
    held.truncate(10);
    // The server notices that they are gone when it writes to them, once a second.
    let since = Instant::now();
    while held.len() < 64 {
        assert!(since.elapsed() < PATIENCE, "{}", held.len());
        thread::sleep(Duration::from_millis(5));
        held.extend(stream());
    }
    assert!(stream().is_none());
}

#[test]
fn a_dropped_viewer_serves_no_more() {
    // At an address of its own on Linux, so that no other test gets the port.
    let own = if cfg!(target_os = "linux") { "127.0.0.77:0" } else { "127.0.0.1:0" };
    let (viewer, exporter) = Builder::new().quiet(true).start(own).unwrap();
    let address = viewer.address();
    drop(viewer);
    assert!(TcpStream::connect(address).is_err());
    drop(exporter);
}
