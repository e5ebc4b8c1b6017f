//! The program under test: a gateway, a guild and its sessions, exporting as its environment says.

use std::fmt;

use opentelemetry_sdk::trace::SdkTracerProvider;
use traced_actor::{ActorRef, Spawn, broadcast, spawn, traced_actor};
use traced_actor_opentelemetry as otel;
use traced_actor_opentelemetry::{BatchProcessor, DirectRecorder};

/// The number of sessions that receive a post, and the number of them that are traced.
pub(crate) const SESSIONS: usize = 40;
pub(crate) const BUDGET: usize = 4;

#[traced_actor(name = "Gateway")]
enum GatewayMessage {
    #[traced(fields(channel, %user))]
    Frame {
        channel: u64,
        user: &'static str,
    },
    Broken,
}

#[traced_actor(name = "Guild")]
enum GuildMessage {
    Post,
    #[traced(link)]
    Audit,
}

#[derive(Clone)]
#[traced_actor(name = "Session", start = never)]
enum SessionMessage {
    Deliver,
}

struct Gateway(ActorRef<GuildMessage>);
struct Guild(Vec<ActorRef<SessionMessage>>);
struct Session;

#[derive(Debug)]
struct Malformed;

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the frame is malformed")
    }
}

#[traced_actor(name = "Gateway")]
impl Gateway {
    async fn handle(&mut self, message: GatewayMessage) -> Result<(), Malformed> {
        match message {
            GatewayMessage::Frame { .. } => {
                self.0.cast(GuildMessage::Post).await.expect("the guild lives");
                self.0.cast(GuildMessage::Audit).await.expect("the guild lives");
                Ok(())
            }
            GatewayMessage::Broken => Err(Malformed),
        }
    }
}

#[traced_actor(name = "Guild", fanout_budget = 4)]
impl Guild {
    async fn handle(&mut self, message: GuildMessage) {
        match message {
            GuildMessage::Post => {
                let outcome = broadcast(&self.0, SessionMessage::Deliver).await;
                assert_eq!(outcome.sent, SESSIONS);
            }
            GuildMessage::Audit => {}
        }
    }
}

#[traced_actor(name = "Session", start = never)]
impl Session {
    async fn handle(&mut self, message: SessionMessage) {
        let SessionMessage::Deliver = message;
        tokio::task::yield_now().await;
    }
}

/// Set where spans go straight to the batch processor.
pub(crate) const DIRECT: &str = "TRACED_ACTOR_TEST_DIRECT";

/// One good frame, one broken one; then everything is flushed.
#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
pub(crate) async fn run() {
    let exporter = opentelemetry_otlp::SpanExporter::builder().build().expect("a valid environment");
    let installed = if std::env::var_os(DIRECT).is_some() {
        otel::install_direct(&DirectRecorder::new(BatchProcessor::new(exporter)))
    } else {
        otel::install(SdkTracerProvider::builder().with_span_processor(BatchProcessor::new(exporter)))
    };
    let provider = installed.expect("a fresh process");

    let sessions: Vec<_> = (0..SESSIONS).map(|_| spawn(Session, 4)).collect();
    let guild = Spawn::new(Guild(sessions.clone())).instance("guild-1").start();
    let gateway = spawn(Gateway(guild.clone()), 4);
    gateway.cast(GatewayMessage::Frame { channel: 7, user: "ada" }).await.expect("the gateway lives");
    gateway.cast(GatewayMessage::Broken).await.expect("the gateway lives");
    gateway.join().await.expect("the gateway ends");
    guild.join().await.expect("the guild ends");
    for session in sessions {
        session.join().await.expect("the session ends");
    }
    // It blocks until the batch is sent.
    tokio::task::spawn_blocking(move || provider.shutdown()).await.expect("no panic").expect("exported");
}
