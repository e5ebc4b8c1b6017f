//! Clients over TCP, which bring their own traces: `cargo run --example guild -- --listen 127.0.0.1:4040`.
//!
//! A connection begins with the head of an HTTP request. After a `POST` follows one event, as in the log, and its trace
//! context is in the headers, as gRPC and proxies send it. A `GET` opens a socket, on which each line is an event, like
//! a WebSocket without framing. A browser cannot set headers there, so its trace context comes as a query parameter, as
//! a sub-protocol or as the first line. An event with a `traceparent` continues that trace.
//!
//! ```text
//! printf 'GET /?user=7&traceparent=00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01 HTTP/1.1\r\n\r\n' | nc …
//! ```

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use serde::Deserialize;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use traced_actor::Envelope;
use traced_actor::context::{MessageContext, Timestamp};
use traced_actor::sync::mpsc;
use traced_actor_propagation::carrier::ReadCarrier;
use traced_actor_propagation::{
    CompositePropagator, Connection, Edge, Outcome, PropagatorError, RateLimit, browser,
};

use crate::{gateway, guild};
use traced_actor_example_shared::event::Snowflake;

/// The maximum length of a line, in bytes, and of the lines of a head together. A longer one ends the connection.
const MAX_LINE: u64 = 64 * 1024;
const MAX_HEADERS: usize = 100;
/// The maximum time for a client to send its head.
const PATIENCE: Duration = Duration::from_secs(10);

pub(crate) struct Doors {
    edge: Edge,
    gateway: mpsc::Sender<gateway::Message>,
    guild: mpsc::Sender<guild::Message>,
    /// The number of lines so far.
    lines: AtomicUsize,
}

type Reader = BufReader<TcpStream>;

impl Doors {
    /// Creates the listener after `lines` lines of the log. It accepts a limited number of forced traces a second.
    pub(crate) fn new(
        gateway: mpsc::Sender<gateway::Message>,
        guild: mpsc::Sender<guild::Message>,
        lines: usize,
    ) -> Result<Self, PropagatorError> {
        let edge = Edge::new("socket")
            .formats(CompositePropagator::from_env()?)
            .force_limit(RateLimit::new(100.0, 100));
        Ok(Self { edge, gateway, guild, lines: lines.into() })
    }

    /// Serves all clients until the standard input ends.
    pub(crate) async fn serve(self, listener: TcpListener) -> std::io::Result<()> {
        let doors = Arc::new(self);
        let mut connections = JoinSet::new();
        let (mut stdin, mut ignored) = (tokio::io::stdin(), tokio::io::sink());
        let stop = tokio::io::copy(&mut stdin, &mut ignored);
        tokio::pin!(stop);
        loop {
            tokio::select! {
                accepted = listener.accept() => {
                    let (stream, doors) = (BufReader::new(accepted?.0), doors.clone());
                    connections.spawn(async move { doors.connection(stream).await });
                }
                Some(_) = connections.join_next() => {}
                ended = &mut stop => {
                    ended?;
                    connections.shutdown().await;
                    return Ok(());
                }
            }
        }
    }

    /// Serves a connection. Returns `None` if the client breaks the rules, or has gone.
    async fn connection(&self, mut stream: Reader) -> Option<()> {
        let head = tokio::time::timeout(PATIENCE, Head::read(&mut stream)).await.ok()??;
        if head.method == "POST" {
            let arrived = self.edge.accept(&head.headers, Timestamp::now());
            let event = line(&mut stream).await?;
            self.dispatch(event, arrived.context).await?;
            return stream.write_all(b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n").await.ok();
        }
        let protocols = head.header("sec-websocket-protocol").unwrap_or_default();
        let (by_protocol, protocols) = browser::from_protocols(protocols);
        let by_query = browser::from_query(&head.query);
        let mut answer = "HTTP/1.1 101 Switching Protocols\r\n".to_owned();
        if let Some(protocol) = protocols.first() {
            answer.extend(["Sec-WebSocket-Protocol: ", protocol, "\r\n"]);
        }
        stream.write_all((answer + "\r\n").as_bytes()).await.ok()?;

        let mut first = line(&mut stream).await;
        let mut carried = self.first_of([&head.headers, &by_query, &by_protocol]);
        if let Some(by_frame) = first.as_deref().and_then(browser::from_first_frame) {
            carried = carried.or_else(|| self.first_of([&by_frame]));
            first = line(&mut stream).await;
        }
        let connection = Connection::open("socket", carried.unwrap_or_default());
        if let Some(user) = head.user() {
            // A client joins the guild, in the trace of the opening.
            let carried =
                connection.context().cloned().map_or(MessageContext::UNSAMPLED, MessageContext::from);
            self.guild.send_envelope(Envelope::new(guild::Message::Join { user }, carried)).await.ok()?;
        }
        let mut next = first;
        while let Some(event) = next {
            let own = Own::of(&event).and_then(|headers| self.first_of([&headers])).unwrap_or_default();
            self.dispatch(event, connection.message(own)).await?;
            next = line(&mut stream).await;
        }
        connection.close();
        stream.shutdown().await.ok()
    }

    /// Returns the context of the first carrier that has one.
    fn first_of<const N: usize>(&self, carriers: [&dyn ReadCarrier; N]) -> Option<MessageContext> {
        let mut arrived = carriers.into_iter().map(|carrier| self.edge.accept(carrier, Timestamp::now()));
        arrived.find(|arrived| arrived.outcome != Outcome::Nothing).map(|arrived| arrived.context)
    }

    async fn dispatch(&self, json: String, carried: MessageContext) -> Option<()> {
        let line = self.lines.fetch_add(1, Relaxed) + 1;
        let message = gateway::Message::Dispatch { line, json };
        self.gateway.send_envelope(Envelope::new(message, carried)).await.ok()
    }
}

/// The head of a request.
struct Head {
    method: String,
    query: String,
    headers: Vec<(String, String)>,
}

impl Head {
    async fn read(stream: &mut Reader) -> Option<Self> {
        let request = line(stream).await?;
        let (method, rest) = request.split_once(' ')?;
        let target = rest.split(' ').next()?;
        let query = target.split_once('?').map_or("", |(_, query)| query);
        let mut head = Self { method: method.to_owned(), query: query.to_owned(), headers: Vec::new() };
        loop {
            match line(stream).await?.split_once(':') {
                None => return Some(head),
                Some(_) if head.headers.len() == MAX_HEADERS => return None,
                Some((name, value)) => head.headers.push((name.to_owned(), value.trim().to_owned())),
            }
        }
    }

    fn header(&self, name: &str) -> Option<&str> {
        let mut named = self.headers.iter().filter(|(found, _)| found.eq_ignore_ascii_case(name));
        named.next().map(|(_, value)| &**value)
    }

    /// Returns the parameter `user`.
    fn user(&self) -> Option<Snowflake> {
        let user = self.query.split('&').find_map(|pair| pair.strip_prefix("user="))?;
        user.to_owned().try_into().ok()
    }
}

/// The context of a single event.
#[derive(Deserialize)]
struct Own {
    traceparent: String,
}

impl Own {
    fn of(event: &str) -> Option<[(&'static str, String); 1]> {
        let own: Self = serde_json::from_str(event).ok()?;
        Some([("traceparent", own.traceparent)])
    }
}

/// Reads the next line without its end. Returns `None` after the last line, and for a line that is too long or not
/// UTF-8.
async fn line(stream: &mut Reader) -> Option<String> {
    let mut line = String::new();
    stream.take(MAX_LINE).read_line(&mut line).await.ok()?;
    Some(line.strip_suffix('\n')?.trim_end_matches('\r').to_owned())
}
