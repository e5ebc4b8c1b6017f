//! The Model Context Protocol, as a client speaks it over HTTP.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::{Value, json};
use traced_actor::context::Timestamp;
use traced_actor::record::FinishedSpan;
use traced_actor::{SpanId, TraceContext, TraceFlags, TraceId};
use traced_actor_viewer::Builder;

const HEADERS: &str = "Content-Type: application/json\r\nAccept: application/json, text/event-stream\r\n\
                       MCP-Protocol-Version: 2025-06-18\r\n";

fn post(address: SocketAddr, host: &str, body: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let length = body.len();
    let head = format!(
        "POST /mcp HTTP/1.1\r\nHost: {host}\r\n{HEADERS}Content-Length: {length}\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).unwrap();
    // It may be refused before all of it is sent.
    let _ = stream.write_all(body.as_bytes());
    let mut text = String::new();
    let _ = stream.read_to_string(&mut text);
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
    (status, body.to_owned())
}

/// Sends a request, and returns its result.
fn ask(address: SocketAddr, method: &str, parameters: &Value) -> Value {
    let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": parameters }).to_string();
    let (status, text) = post(address, &address.to_string(), &body);
    assert_eq!(status, 200, "{method}: {text}");
    // In one piece, or in chunks: the JSON begins at its first brace.
    let json = &text[text.find('{').expect("JSON")..=text.rfind('}').expect("JSON")];
    let answer: Value = serde_json::from_str(json).unwrap_or_else(|error| panic!("{error}: {text}"));
    answer["result"].clone()
}

fn call(address: SocketAddr, tool: &str, arguments: &Value) -> (bool, String) {
    let result = ask(address, "tools/call", &json!({ "name": tool, "arguments": arguments }));
    let text = result["content"][0]["text"].as_str().unwrap_or_else(|| panic!("{tool}: {result}"));
    (result["isError"].as_bool().unwrap_or(false), text.to_owned())
}

#[test]
fn a_client_finds_what_is_slow() {
    let (viewer, exporter) = Builder::new().quiet(true).service("town").start("127.0.0.1:0").unwrap();
    let address = viewer.address();
    for i in 1..=400_u64 {
        let (trace, at) = (TraceId::new(u128::from(i)).unwrap(), Timestamp::from_unix_nanos);
        let context = TraceContext::new(trace, SpanId::new(1).unwrap(), TraceFlags::SAMPLED);
        let took = if i % 20 == 7 { 90_000_000 } else { 1_000_000 + i };
        let mut span = FinishedSpan::new(context, "Guild/Post", at(1_000_000), at(1_000_000 + took));
        span.attributes.push(("channel", (i % 20).cast_signed().into()));
        span.error = (i == 400).then(|| "no\nchannel".to_owned());
        exporter.finished(span);
    }

    let start = json!({ "protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": { "name": "test", "version": "0" } });
    let started = ask(address, "initialize", &start);
    assert_eq!(started["serverInfo"]["name"], "traced-actor-viewer");
    assert!(started["instructions"].as_str().unwrap().contains("the process town"));
    let listed = ask(address, "tools/list", &json!({}));
    let names: Vec<&str> =
        listed["tools"].as_array().unwrap().iter().map(|tool| tool["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["slow_now", "open_work", "compare", "traces", "trace"]);

    let (_, slow) = call(address, "slow_now", &json!({}));
    assert!(slow.contains("The slowest of 400 traces") && slow.contains("Guild/Post: 90.0 ms"), "{slow}");
    let (_, open) = call(address, "open_work", &json!({ "older_ms": 500 }));
    assert!(open.starts_with("Open for 500 ms or longer:\n"), "{open}");
    let (_, compared) = call(address, "compare", &json!({ "bad": "slow" }));
    assert!(compared.contains("channel=7: 100 % of the bad, 0 % of the rest"), "{compared}");
    let (_, failed) = call(address, "traces", &json!({ "failed": true }));
    assert!(
        failed.starts_with("1 of 400 traces, 0 more match\n00000000000000000000000000000190 Guild/Post: "),
        "{failed}"
    );
    assert!(
        failed.contains("1 failed: \"no\\nchannel\""),
        "what comes from messages stays on its line: {failed}"
    );
    let (_, trace) = call(address, "trace", &json!({ "id": "00000000000000000000000000000007" }));
    assert!(trace.starts_with("trace 00000000000000000000000000000007 · 90.0 ms · 1 span"), "{trace}");

    assert_eq!(call(address, "trace", &json!({ "id": "x" })), (true, "the id is no trace id".to_owned()));
    assert!(call(address, "nothing", &json!({})).0);

    // Not for another's page, and not without bounds.
    let body = r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#;
    assert_eq!(post(address, "evil.example", body).0, 403);
    let (status, _) = post(address, &address.to_string(), &format!("[{}1]", "1,".repeat(1_000_000)));
    assert!(status == 0 || (400..500).contains(&status), "{status}");
    assert_eq!(post(address, &address.to_string(), "{").0 / 100, 4);
    drop(exporter);
}
