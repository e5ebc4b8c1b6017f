//! The new release: the actor of `old.rs` with `#[traced_actor]`. It sends messages in envelopes to the peers that said
//! they read them.

mod retired;

use std::error::Error;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::task::JoinHandle;
use traced_actor::context::ContextState;
use traced_actor::record::{self, FinishedSpan, FinishedSpans};
use traced_actor::sampling::{self, Ratio};
use traced_actor::sync::mpsc;
use traced_actor::{Envelope, traced_actor};
use traced_actor_wire::codec::{Json, Msgpack, Postcard};
use traced_actor_wire::rollout::{Hello, PeerConnection, PhaseSetting, ReceiveError, Rollout, Route};
use traced_actor_wire::versions::{Schema, schema};
use traced_actor_wire::{Codec as _, Encoding};

use self::retired::PostV1;
use crate::node::ledger::{self, Ticket};
use crate::node::{Outboxes, Release, Unread};
use crate::old::Codec;

#[traced_actor]
#[traced(legacy(PostV1, name = "Post", index = 1, until = 1, upgrade = PostV1::up, downgrade = PostV1::down))]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) enum Message {
    #[traced(index = 3, since = 1, fields(id = ticket.id, hop = ticket.hop))]
    Send { ticket: Ticket, text: String, language: String },
    #[traced(index = 2, fields(id = _0.id, hop = _0.hop))]
    Tick(Ticket),
    #[traced(index = 0, fields(id = ticket.id, hop = ticket.hop))]
    Join { ticket: Ticket, user: u64 },
}

pub(crate) struct Guild {
    me: u8,
    receiver: mpsc::Receiver<Message>,
    outboxes: Outboxes<Envelope<Message>>,
}

#[traced_actor]
impl Guild {
    async fn run(mut self) {
        while let Some(message) = self.receiver.recv().await {
            self.handle_message(message);
        }
    }

    fn handle_message(&mut self, message: Message) {
        let kind = kind(&message);
        if !ledger::handled(ticket(&message), kind) {
            return;
        }
        let Some((to, ticket)) = ticket(&message).clone().next(self.me) else { return };
        ledger::sent(&ticket, to, kind);
        self.outboxes[usize::from(to)].push(Envelope::capture(match message {
            Message::Send { text, language, .. } => Message::Send { ticket, text, language },
            Message::Tick(_) => Message::Tick(ticket),
            Message::Join { user, .. } => Message::Join { ticket, user },
        }));
    }
}

fn ticket(message: &Message) -> &Ticket {
    let (Message::Send { ticket, .. } | Message::Join { ticket, .. } | Message::Tick(ticket)) = message;
    ticket
}

fn kind(message: &Message) -> &'static str {
    match message {
        Message::Send { .. } => "Send",
        Message::Tick(_) => "Tick",
        Message::Join { .. } => "Join",
    }
}

/// The kind of a frame with a hello. Old nodes skip it.
const HELLO: u8 = 16;

/// The release.
pub(crate) struct New {
    me: u8,
    codec: Codec,
    /// Whether envelopes are sent to everybody, which is wrong.
    naive: bool,
}

impl New {
    /// Installs a recorder that samples half of the traces that start here, and prints the spans to the standard
    /// output.
    pub(crate) fn installed(me: u8, codec: Codec, naive: bool) -> Result<Self, Box<dyn Error>> {
        sampling::set_sampler(Ratio::new(0.5))?;
        record::install(FinishedSpans::new(|span| print(&span)))?;
        Ok(Self { me, codec, naive })
    }
}

fn print(span: &FinishedSpan) {
    if let (Some(id), Some(hop)) = (span.attribute("id"), span.attribute("hop")) {
        println!("span {id} {hop} {}", span.context.trace_id);
    }
}

/// A connection to one incarnation of a peer.
pub(crate) struct Peer {
    connection: PeerConnection,
    route: Route,
    /// The schema of the peer's messages: the first one, until the peer says otherwise.
    schema: AtomicU32,
}

impl Release for New {
    type Held = Envelope<Message>;
    type Mailbox = mpsc::Sender<Message>;
    type Peer = Peer;

    fn start(&self, outboxes: Outboxes<Self::Held>) -> (Self::Mailbox, JoinHandle<()>) {
        let (sender, receiver) = mpsc::channel(64);
        (sender, tokio::spawn(Guild { me: self.me, receiver, outboxes }.run()))
    }

    async fn begin(&self, mailbox: &Self::Mailbox, n: u64, ticket: Ticket) {
        let begun = ticket.clone();
        let message = match n % 3 {
            0 => Message::Join { ticket, user: n },
            1 => Message::Send { ticket, text: format!("the {n}th"), language: "en".into() },
            _ => Message::Tick(ticket),
        };
        ledger::sent(&begun, self.me, kind(&message));
        mailbox.send(message).await.ok();
    }

    async fn deliver(&self, mailbox: &Self::Mailbox, envelope: Self::Held) {
        mailbox.send_envelope(envelope).await.ok();
    }

    fn meet(&self, peer: u8) -> Peer {
        let connection = Rollout::global().connect(&format!("node-{peer}"));
        let route = connection.route("Guild");
        Peer { connection, route, schema: AtomicU32::new(0) }
    }

    fn greeting(&self) -> Option<(u8, Vec<u8>)> {
        Some((HELLO, Hello::ours().with_schema(schema::<Message>()).to_bytes()))
    }

    fn other(&self, peer: &Peer, kind: u8, bytes: &[u8]) {
        if kind == HELLO
            && let Ok(hello) = peer.connection.hello(bytes)
        {
            let ours: Schema = schema::<Message>();
            peer.schema.store(hello.schema().unwrap_or(0).min(ours), Relaxed);
        }
    }

    fn ticket<'a>(&self, envelope: &'a Self::Held) -> &'a Ticket {
        ticket(envelope.message())
    }

    fn taken(&self, peer: &Peer) {
        peer.route.taken();
    }

    fn unread(&self, peer: &Peer) -> Duration {
        peer.route.unread()
    }

    fn encode(&self, peer: &Peer, envelope: &Self::Held) -> Result<Vec<u8>, String> {
        let envelope = envelope.at_schema(peer.schema.load(Relaxed));
        let encode = |encoding: Option<Encoding>| match (self.codec, encoding) {
            (Codec::Json, None) => peer.route.encode(&Json, &envelope),
            (Codec::Postcard, None) => peer.route.encode(&Postcard, &envelope),
            (Codec::Msgpack, None) => peer.route.encode(&Msgpack, &envelope),
            (Codec::Json, Some(encoding)) => Json.encode(&envelope, encoding),
            (Codec::Postcard, Some(encoding)) => Postcard.encode(&envelope, encoding),
            (Codec::Msgpack, Some(encoding)) => Msgpack.encode(&envelope, encoding),
        };
        encode(self.naive.then_some(Encoding::Envelope)).map_err(|error| error.to_string())
    }

    fn decode(&self, peer: &Peer, bytes: &[u8]) -> Result<Self::Held, Unread> {
        let unread = |error: ReceiveError| {
            if error.is_refused() { Unread::Refused } else { Unread::Invalid(error.to_string()) }
        };
        let envelope: Envelope<Message> = match self.codec {
            Codec::Json => peer.route.decode(&Json, bytes),
            Codec::Postcard => peer.route.decode(&Postcard, bytes),
            Codec::Msgpack => peer.route.decode(&Msgpack, bytes),
        }
        .map_err(unread)?;
        let Ticket { id, hop, .. } = ticket(envelope.message());
        let form = match envelope.state() {
            ContextState::Absent => "bare",
            ContextState::Unsampled => "unsampled",
            ContextState::Sampled(_) => "sampled",
        };
        println!("came {id} {hop} {form}");
        Ok(envelope)
    }

    /// Handles `phase accept`, `phase per-peer PERCENT` and `phase require`.
    fn command(&self, words: &[&str]) {
        let setting = match words {
            ["phase", "accept"] => PhaseSetting::ACCEPT,
            ["phase", "per-peer", percent] => PhaseSetting::PER_PEER.share(percent.parse().unwrap_or(0.0)),
            ["phase", "require"] => PhaseSetting::REQUIRE,
            _ => return,
        };
        Rollout::global().set(setting);
        println!("switched");
    }

    fn counts(&self) -> String {
        let total = Rollout::global().snapshot().total();
        let counts = [
            ("bare", total.bare + total.undecided),
            ("enveloped", total.enveloped),
            ("refused", total.refused),
            ("invalid", total.invalid),
            ("upgraded", total.upgraded),
            ("downgraded", total.downgraded),
            ("sent_bare", total.sent_bare),
            ("sent_enveloped", total.sent_enveloped),
        ];
        counts.map(|(name, count)| format!("{name}={count}")).join(" ")
    }
}
