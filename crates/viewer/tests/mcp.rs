//! The Model Context Protocol, as a client speaks it over HTTP.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::Command;
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
    stream.set_read_timeout(Some(Duration::from_secs(120))).unwrap();
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

/// A post, of which those of channel 7 are slow and the 400th fails. Each is a trace.
fn trace_of_post(i: u64) -> FinishedSpan {
    let (trace, at) = (TraceId::new(u128::from(i)).unwrap(), Timestamp::from_unix_nanos);
    let context = TraceContext::new(trace, SpanId::new(1).unwrap(), TraceFlags::SAMPLED);
    let took = if i % 20 == 7 { 90_000_000 } else { 1_000_000 + i };
    let mut span = FinishedSpan::new(context, "Guild/Post", at(1_000_000), at(1_000_000 + took));
    span.attributes.push(("channel", (i % 20).cast_signed().into()));
    span.error = (i == 400).then(|| "no\nchannel".to_owned());
    span
}

#[test]
fn a_client_finds_what_is_slow() {
    let (viewer, exporter) = Builder::new().quiet(true).service("town").start("127.0.0.1:0").unwrap();
    let address = viewer.address();
    for i in 1..=400_u64 {
        exporter.finished(trace_of_post(i));
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

/// Runs the client of the official SDK. `None` where it is not installed and not required.
fn official_client(asked: &Value) -> Option<Result<Value, String>> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    // A script finds its packages in the folder that it lies in.
    let folder = here.join("../../target/node");
    if !folder.join("node_modules/@modelcontextprotocol/sdk").exists() {
        assert!(std::env::var_os("REQUIRE_NODE").is_none(), "the SDK is not installed");
        eprintln!("skipped: needs the SDK (crates/viewer/browser/install)");
        return None;
    }
    let script = folder.join(format!("mcp_client_{}.mjs", std::process::id()));
    std::fs::copy(here.join("tests/mcp_client.mjs"), &script).unwrap();
    let output = Command::new("node").arg(&script).arg(asked.to_string()).output().unwrap();
    Some(if output.status.success() {
        Ok(serde_json::from_slice(&output.stdout).unwrap())
    } else {
        Err(String::from_utf8_lossy(&output.stderr).into_owned())
    })
}

/// The official client, as an assistant has it: it begins, lists the tools, and calls each, with right and with wrong arguments.
#[test]
fn the_official_client_calls_each_tool() {
    let token = "0123456789abcdef";
    let (viewer, exporter) =
        Builder::new().quiet(true).service("town").token(token).start("127.0.0.1:0").unwrap();
    for i in 1..=200_u64 {
        exporter.finished(trace_of_post(i));
    }
    let url = format!("{}mcp", viewer.url());
    let id = "00000000000000000000000000000007";
    let calls = json!([
        ["slow_now", {}],
        ["open_work", { "older_ms": 250.25, "most": 3 }],
        ["compare", { "bad": "slow", "actor": "Guild", "kind": "Post" }],
        ["compare", { "bad": "failed" }],
        ["traces", { "attribute": "channel>=7", "order": "slowest", "most": 2 }],
        ["trace", { "id": id }],
        // Wrong ones.
        ["trace", {}],
        ["trace", { "id": 7 }],
        ["trace", { "id": "00000000000000000000000000000999" }],
        ["compare", { "bad": "quick" }],
        ["compare", { "slower_ms": -1 }],
        ["traces", { "most": 0 }],
        ["traces", { "most": "many" }],
        ["traces", { "failed": "yes" }],
        ["open_work", { "older_than": 1 }],
        ["slow_now", { "now": true }],
        ["restart", {}],
    ]);
    let asked = json!({ "url": url, "token": token, "calls": calls });
    let Some(answer) = official_client(&asked) else { return };
    let answer = answer.unwrap();
    assert_eq!(answer["server"]["name"], "traced-actor-viewer");
    assert!(answer["instructions"].as_str().unwrap().contains("Begin with slow_now"));
    for tool in answer["tools"].as_array().unwrap() {
        assert!(tool["description"].as_str().unwrap().len() > 20, "{tool}");
        assert_eq!(
            (&tool["inputSchema"]["type"], &tool["inputSchema"]["additionalProperties"]),
            (&json!("object"), &json!(false))
        );
    }
    let expected = [
        (false, "Kinds of messages that take or wait longest"),
        (false, "Open for 250 ms or longer:"),
        (false, "Guild/Post, slow against the rest: 10 bad, 190 others\nchannel=7: 100 % of the bad"),
        (false, "traces, failed against the rest: 0 bad, 200 others\nthere is nothing to explain"),
        (false, "2 of 200 traces, "),
        (false, "trace 00000000000000000000000000000007 · 90.0 ms · 1 span"),
        (true, "trace needs the argument id"),
        (true, "id must be a text"),
        (true, "there is no such trace here"),
        (true, "bad must be one of \"slow\", \"failed\""),
        (true, "slower_ms must be a number, 0 or more"),
        (true, "most must be a whole number, 1 or more"),
        (true, "most must be a whole number, 1 or more"),
        (true, "failed must be true or false"),
        (true, "open_work has no argument older_than; it has: most, older_ms"),
        (true, "slow_now has no argument now; it has: none"),
        (true, "there is no tool restart"),
    ];
    let answers = answer["answers"].as_array().unwrap();
    assert_eq!(answers.len(), expected.len());
    for (answer, (is_error, text)) in answers.iter().zip(expected) {
        let found = answer["text"].as_str().unwrap();
        assert!(found.starts_with(text), "{text}: {found}");
        assert_eq!(answer["isError"], is_error, "{found}");
    }
    let without = official_client(&json!({ "url": url, "calls": [] })).unwrap();
    assert!(without.unwrap_err().contains("401"), "the token is needed here as well");
}
