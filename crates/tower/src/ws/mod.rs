//! Spans for the opening, each message and the close of an axum `WebSocket`.
//!
//! ```
//! use std::sync::Arc;
//!
//! use axum::extract::State;
//! use axum::extract::ws::{Message, WebSocketUpgrade};
//! use axum::response::Response;
//! use http::{HeaderMap, Uri};
//! use traced_actor::sync::mpsc;
//! use traced_actor::{Envelope, traced_actor};
//! use traced_actor_propagation::Edge;
//! use traced_actor_tower::ws::{Handshake, TracedSocket};
//!
//! #[traced_actor]
//! struct Post {
//!     text: String,
//! }
//!
//! async fn chat(
//!     State((edge, guild)): State<(Arc<Edge>, mpsc::Sender<Post>)>,
//!     uri: Uri,
//!     headers: HeaderMap,
//!     upgrade: WebSocketUpgrade,
//! ) -> Response {
//!     let handshake = Handshake::read(&edge, &uri, &headers);
//!     upgrade.protocols(["chat"]).on_upgrade(async move |socket| {
//!         let mut socket = TracedSocket::open("gateway", socket, edge, handshake).await;
//!         while let Some(Ok(envelope)) = socket.recv().await {
//!             let (message, context) = envelope.into_parts();
//!             if let Message::Text(text) = message {
//!                 guild.send_envelope(Envelope::new(Post { text: text.to_string() }, context)).await.ok();
//!             }
//!         }
//!     })
//! }
//! ```
//!
//! # Where the context comes from
//!
//! A browser cannot set the headers of a WebSocket. [`Handshake::read`] searches the query, then the sub-protocols, and
//! then the headers. If none of them has a context, [`or_first_frame`](Handshake::or_first_frame) waits for the first
//! frame. The context is trusted as the edge says. `Trust::Ids` is right for browsers.
//!
//! A message has its own context if its first line is one: `traceparent=00-…-01`, a line feed, and then the text. Any
//! other text belongs to the application, so clients without traces work as before.
//!
//! # The browser's side
//!
//! `browser/traced-socket.js` in this crate is a plain JavaScript module that needs no build step:
//!
//! ```js
//! import { TracedSocket, traceparent } from "./traced-socket.js";
//!
//! const socket = new TracedSocket("wss://chat.example/ws", { by: "query" });
//! socket.onmessage = (event) => show(event.data);
//! socket.send("hello", traceparent(true)); // in a new trace
//! socket.send("hello");                    // the gateway decides
//! socket.reconnect();                      // linked to the connection before
//! ```

mod handshake;
mod socket;

pub use handshake::Handshake;
pub use socket::TracedSocket;
