//! The browser's side, in headless Chromium. Where there is none the test says so, or fails if `REQUIRE_CHROMIUM` is set.

use axum::Router;
use axum::response::Html;
use axum::routing::{get, post};
use tokio::sync::mpsc;
use traced_actor_messaging_brokers_tests::Browser;
use traced_actor_propagation::Edge;

use crate::support::{attribute, ended, install, is_message_of, serve};
use crate::websocket::router;

const MODULE: &str = include_str!("../../../browser/traced-socket.js");

/// Connects in each way, with a message in its own trace, one without, and a reconnect.
const PAGE: &str = r#"<!doctype html><script type="module">
import { TracedSocket, traceparent } from "/traced-socket.js";

const next = (socket) => new Promise((resolve, reject) => {
  socket.onmessage = (event) => resolve(event.data);
  socket.onclose = (event) => reject(new Error(`closed: ${event.code}`));
});
const opened = (socket) => new Promise((resolve) => { socket.onopen = resolve; });
const connected = traceparent(true);
const told = [];

async function talk(by) {
  const socket = new TracedSocket(`/${by}/ws`, { by, protocols: ["chat"], context: () => connected });
  await opened(socket);
  const own = traceparent(true);
  socket.send(`${by} own`, own);
  if (await next(socket) !== `${by} own`) throw new Error("not the message that was sent");
  socket.send(`${by} bare`);
  if (await next(socket) !== `${by} bare`) throw new Error("not the bare message");
  socket.reconnect();
  await opened(socket);
  socket.send(`${by} again`);
  if (await next(socket) !== `${by} again`) throw new Error("not the message after the reconnect");
  socket.onclose = null;
  socket.close(1000, "done");
  told.push(own);
}

let result;
try {
  for (const by of ["query", "protocol", "frame"]) await talk(by);
  try { new TracedSocket("/query/ws", { by: "protocol" }); result = "no error without a protocol"; }
  catch (error) { result = [connected, ...told].join(" "); }
} catch (error) { result = `failed: ${error.stack}`; }
await fetch("/done", { method: "POST", body: result });
</script>"#;

#[tokio::test]
async fn a_page_s_socket_carries_its_traces() {
    install();
    let (done, mut results) = mpsc::channel(1);
    let module = || async { ([("content-type", "text/javascript")], MODULE) };
    let finish = move |body: String| async move { done.send(body).await.unwrap() };
    let router = Router::new()
        .route("/", get(|| async { Html(PAGE) }))
        .route("/traced-socket.js", get(module))
        .route("/done", post(finish))
        .nest("/query", router("brquery", Edge::new("ws"), false))
        .nest("/protocol", router("brprotocol", Edge::new("ws"), false))
        .nest("/frame", router("brframe", Edge::new("ws"), true));
    let address = serve(router).await;

    let Some(browser) = Browser::open(&format!("http://{address}/")) else { return };
    let result = tokio::time::timeout(std::time::Duration::from_mins(2), results.recv()).await;
    drop(browser);
    let result = result.expect("the page is done in time").expect("the server runs");
    let contexts: Vec<&str> = result.split(' ').collect();
    assert_eq!(contexts.len(), 4, "{result}");
    let ids = |context: &str| {
        let parts: Vec<&str> = context.split('-').collect();
        (parts[1].to_owned(), parts[2].to_owned())
    };
    let connected = ids(contexts[0]);

    for (by, own) in ["query", "protocol", "frame"].iter().zip(&contexts[1..]) {
        let named = |what: &str| format!("br{by}/{what}");
        let openings = ended(2, |span| span.name == named("open")).await;
        let opening = &openings[0];
        let trace = |span: &opentelemetry_sdk::trace::SpanData| span.span_context.trace_id().to_string();
        assert_eq!((trace(opening), opening.parent_span_id.to_string()), connected, "{by}");
        // The reconnect.
        let links: Vec<_> = openings[1].links.iter().map(|link| link.span_context.span_id()).collect();
        assert_eq!(links, [opening.span_context.span_id()], "{by}");

        let messages = ended(3, |span| span.name == named("message")).await;
        let handled = ended(1, is_message_of(&format!("{by} own"))).await.remove(0);
        assert_eq!((trace(&messages[0]), messages[0].parent_span_id.to_string()), ids(own), "{by}");
        assert_eq!(handled.parent_span_id, messages[0].span_context.span_id(), "{by}");
        // Without its own context: a trace that is linked to its connection.
        let links =
            |at: usize| messages[at].links.iter().map(|link| link.span_context.span_id()).collect::<Vec<_>>();
        assert_eq!(links(1), [opening.span_context.span_id()], "{by}");
        assert_eq!(links(2), [openings[1].span_context.span_id()], "{by}");

        let closes = ended(2, |span| span.name == named("close")).await;
        let mut reasons: Vec<_> =
            closes.iter().filter_map(|span| attribute(span, "connection.close.reason")).collect();
        reasons.sort_unstable();
        assert_eq!(reasons, ["done", "reconnect"], "{by}");
    }
}
