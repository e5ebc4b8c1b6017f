//! Senders that work for another actor: derived references, output ports, timers.

use ractor::concurrency::Duration;
use ractor::{DerivedActorRef, OutputPort};
use ractor_cluster_derive::RactorMessage;
use traced_actor::testkit::{self, assert_tree};

use crate::guild::GuildMessage;
use crate::{caused, note, spawn};

/// A part of what the guild takes.
#[derive(Clone, RactorMessage)]
struct Note(&'static str);

impl From<Note> for GuildMessage {
    fn from(Note(text): Note) -> Self {
        note(text)
    }
}

impl TryFrom<GuildMessage> for Note {
    type Error = GuildMessage;

    fn try_from(message: GuildMessage) -> Result<Self, GuildMessage> {
        Err(message)
    }
}

#[tokio::test]
async fn a_derived_reference_carries_the_trace() {
    let spans = testkit::record();
    let derived: DerivedActorRef<Note> = spawn(None).await.get_derived();
    caused(async { derived.send_message(Note("one")) }).await.unwrap();
    spans.ended("Guild/Write", 1).await;
    assert_tree!(
        spans,
        "
        Cause/Cause
          Guild/Write
        "
    );
}

/// The port sends from a separate task, which does not know who sent into the port.
#[tokio::test]
async fn an_output_port_starts_new_traces() {
    let spans = testkit::record();
    let guild = spawn(None).await;
    let port = OutputPort::<Note>::default();
    port.subscribe(guild, |Note(text)| Some(note(text)));
    caused(async { port.send(Note("one")) }).await;
    spans.ended("Guild/Write", 1).await;
    assert_tree!(
        spans,
        "
        Cause/Cause
        Guild/Write (context lost)
        "
    );
}

/// A timer fires when what started it is long done, and perhaps again and again: its own trace each time.
#[tokio::test]
async fn a_timer_starts_new_traces() {
    let spans = testkit::record();
    let guild = spawn(None).await;
    let interval = caused(async {
        guild.send_after(Duration::from_millis(1), || note("later"));
        guild.send_interval(Duration::from_millis(1), || GuildMessage::Join(1)).abort_handle()
    })
    .await;
    spans.ended("Guild/Join", 3).await;
    interval.abort();
    spans.ended("Guild/Write", 1).await;
    let roots = spans.all().iter().filter(|span| span.parent.is_none()).count();
    assert_eq!(roots, spans.all().len(), "each is a root");
    let traces: std::collections::HashSet<_> = spans.all().iter().map(|span| span.context.trace_id).collect();
    assert_eq!(traces.len(), spans.all().len(), "and a trace of its own");
}
