//! An exported trace, opened by a program of others: Speedscope, which npm has as a whole.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::thread;

use crate::browser::Browser;
use crate::town::{FANOUT, viewer};

/// Files by their path, with their type.
type Files = HashMap<String, (&'static str, Vec<u8>)>;

/// Returns Speedscope's files. `None` where it is not installed and not required.
fn speedscope() -> Option<Files> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../../target/node/node_modules/speedscope/dist/release");
    let Ok(entries) = std::fs::read_dir(&folder) else {
        assert!(std::env::var_os("REQUIRE_CHROMIUM").is_none(), "Speedscope is not installed");
        eprintln!("skipped: needs Speedscope (crates/viewer/browser/install)");
        return None;
    };
    let file = |path: std::path::PathBuf| {
        let kind = match path.extension().and_then(|extension| extension.to_str()) {
            Some("html") => "text/html",
            Some("js") => "text/javascript",
            Some("css") => "text/css",
            Some("wasm") => "application/wasm",
            _ => "application/octet-stream",
        };
        let name = path.file_name().and_then(|name| name.to_str()).expect("a name").to_owned();
        (format!("/{name}"), (kind, std::fs::read(path).expect("a file")))
    };
    Some(entries.map(|entry| file(entry.expect("an entry").path())).collect())
}

/// Serves files until the process ends.
fn serve(files: Files) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("it has one");
    let files = Arc::new(files);
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let files = files.clone();
            thread::spawn(move || answer(&stream, &files));
        }
    });
    address
}

fn answer(mut stream: &TcpStream, files: &Files) {
    let mut lines = BufReader::new(stream).lines().map_while(Result::ok);
    let first = lines.next().unwrap_or_default();
    let _head: Vec<String> = lines.take_while(|line| !line.is_empty()).collect();
    let path = first.split(' ').nth(1).unwrap_or_default().split('?').next().unwrap_or_default();
    let (status, kind, bytes) = match files.get(path) {
        Some((kind, bytes)) => ("200 OK", *kind, &bytes[..]),
        None => ("404 Not Found", "text/plain", &b"no"[..]),
    };
    let length = bytes.len();
    let _ = write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
    );
    let _ = stream.write_all(bytes);
}

/// Returns what the viewer of this process has at a path.
fn get(path: &str) -> Vec<u8> {
    let address = viewer().0.address();
    let mut stream = TcpStream::connect(address).expect("it listens");
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")
        .expect("it listens");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("an answer");
    let end = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n").expect("a head");
    assert!(answer.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&answer[..end]));
    answer.split_off(end + 4)
}

/// The text of the page, on one line.
const TEXT: &str = "(document.body?.innerText ?? '').replace(/\\s+/g, ' ')";

/// Each instance of an actor is a profile of its own, and has the handlers with their times and their fields.
#[tokio::test]
async fn speedscope_shows_each_actor_with_its_handlers() {
    let Some(mut files) = speedscope() else { return };
    let Some(mut browser) = Browser::start().await else { return };
    let trace = get(&format!("/api/traces/{FANOUT:032x}/chrome"));
    files.insert("/trace.json".to_owned(), ("application/json", trace));
    let url = format!("http://{}/index.html#profileURL=/trace.json", serve(files));
    browser.command("Page.navigate", serde_json::json!({ "url": url })).await;
    browser.until(&format!("{TEXT}.includes('traced actors (pid 1), ') && {TEXT}.includes('(1/13)')")).await;
    let sandwich =
        "[...document.querySelectorAll('div')].filter((part) => part.innerText?.endsWith('Sandwich')).at(-1)";
    browser.value(&format!("({sandwich}.click(), null)")).await;
    // Gateway, guild, store and ten sessions, one after the other.
    let mut seen = Vec::new();
    for number in 1..=13 {
        browser.until(&format!("{TEXT}.includes('({number}/13)') && {TEXT}.includes('Symbol Name')")).await;
        seen.push(browser.text(TEXT).await);
        browser.key("n").await;
    }
    let of = |actor: &str| -> Vec<&String> {
        let name = format!("traced actors (pid 1), {actor} ");
        seen.iter().filter(|text| text.contains(&name)).collect()
    };
    let only = |actor: &str| of(actor).first().map(|text| (*text).clone()).unwrap_or_default();
    assert!(only("Gateway").contains("400.00µs (100%) Gateway/Dispatch {\"number\":4711"), "{seen:#?}");
    let guild = only("Guild guild 1");
    assert!(
        guild.contains("3.20ms (100%)") && guild.contains("Guild/Post") && guild.contains("\"channel\":7"),
        "{seen:#?}"
    );
    assert!(only("Store").contains("900.00µs (100%) Store/Load"), "{seen:#?}");
    assert_eq!(of("Session").len(), 10, "{seen:#?}");
    browser.assert_nothing_is_wrong().await;
}
