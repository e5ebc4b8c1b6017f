//! The page as others see it: with a token, beside another viewer on the same host, and behind a proxy that serves it
//! below a path of its own.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread;

use serde_json::json;
use traced_actor_viewer::{Builder, Exporter, Viewer};

use crate::browser::Browser;
use crate::town::span;

/// The path at which the proxy has the page.
const PATH: &str = "/tools/viewer";

/// Starts a proxy, which runs until the process ends.
fn proxy(to: SocketAddr) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("it has one");
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            thread::spawn(move || pass_on(&stream, to));
        }
    });
    address
}

/// Passes a request on without the path, and the answer back.
fn pass_on(mut client: &TcpStream, to: SocketAddr) -> Option<()> {
    let mut lines = BufReader::new(client).lines().map_while(Result::ok);
    let first = lines.next()?;
    let Some(rest) = first.strip_prefix(&format!("GET {PATH}/")) else {
        let answer = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
        return client.write_all(answer).ok();
    };
    let mut head = format!("GET /{rest}\r\nConnection: close\r\n");
    for line in lines.take_while(|line| !line.is_empty()) {
        if !line.to_ascii_lowercase().starts_with("connection:") {
            head.extend([&line, "\r\n"]);
        }
    }
    let mut server = TcpStream::connect(to).ok()?;
    server.write_all(format!("{head}\r\n").as_bytes()).ok()?;
    std::io::copy(&mut server, &mut client).ok()?;
    // The end of the answer. The thread of the viewer does not wait for it.
    client.shutdown(std::net::Shutdown::Both).ok()
}

/// Starts a viewer with a token, which has one trace.
fn with_token(token: &str) -> (Viewer, Exporter) {
    let (viewer, exporter) =
        Builder::new().service("town").quiet(true).token(token).start("127.0.0.1:0").expect("it starts");
    exporter.finished(span(7, 1, 0, "Guild/Post", [0, 10, 20]));
    (viewer, exporter)
}

#[tokio::test]
async fn two_viewers_on_one_host_have_their_own_tokens_below_any_path() {
    let Some(mut browser) = Browser::start().await else { return };
    let tokens = ["0123456789abcdef", "another-one-of-16"];
    let viewers = tokens.map(with_token);
    let [first, second] = viewers.each_ref().map(|(viewer, _)| viewer);
    // The browser sends cookies to all ports of a host.
    let pages = [
        (format!("http://{}{PATH}/", proxy(first.address())), tokens[0]),
        (format!("http://{}{PATH}/", proxy(second.address())), tokens[1]),
        (second.url(), tokens[1]),
    ];
    for (url, token) in &pages {
        browser.leave().await;
        browser.command("Page.navigate", json!({ "url": url })).await;
        browser.until("document.body.innerText.includes('Open this address with ?token=')").await;
        browser.open(&format!("{url}?token={token}#/traces")).await;
        browser.until("location.search === ''").await;
        browser.until("document.querySelectorAll('tbody tr').length === 1").await;
    }
    for (url, _) in &pages {
        browser.leave().await;
        browser.open(&format!("{url}#/traces/{:032x}", 7)).await;
        browser.until("document.querySelector('main').dataset.ready").await;
        browser.until("document.querySelector('.status').textContent.includes('1 trace')").await;
        let exported = "fetch(document.querySelector('a[href$=otlp]').href).then((answer) => answer.json()).then((json) => json.resourceSpans.length)";
        assert_eq!(browser.value(exported).await, 1);
        browser.open(&format!("{url}#/actors")).await;
        browser.until("document.querySelector('.empty, tbody tr')").await;
        browser.assert_nothing_is_wrong().await;
    }
}
