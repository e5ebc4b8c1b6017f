//! The shared parts of the tests of this binary.

use traced_actor::record::{FinishedSpan, OwnedAttribute};
use traced_actor::sync::mpsc;
use traced_actor::{testkit, traced_actor};

/// A message that the actors under test send to a receiver that only collects it: its context shows where it was sent.
#[traced_actor(name = "Probe")]
pub(crate) struct Note(pub(crate) &'static str);

/// Installs the recorder, and makes a channel whose sender tells where it was used.
pub(crate) fn probe() -> (mpsc::Sender<Note>, Probe) {
    testkit::install();
    let (sender, receiver) = mpsc::channel(1024);
    (sender, Probe(receiver))
}

pub(crate) struct Probe(mpsc::Receiver<Note>);

impl Probe {
    /// The notes so far, each with the id of the span under which it was sent.
    pub(crate) fn notes(&mut self) -> Vec<(&'static str, Option<traced_actor::SpanId>)> {
        let mut notes = Vec::new();
        while let Ok(envelope) = self.0.try_recv_envelope() {
            let span = envelope.context().map(|context| context.span_id);
            notes.push((envelope.into_message().0, span));
        }
        notes
    }
}

/// The finished spans of this actor.
pub(crate) fn spans(actor: &str) -> Vec<FinishedSpan> {
    testkit::install().named(actor)
}

/// The only finished span of this actor.
#[track_caller]
pub(crate) fn only(actor: &str) -> FinishedSpan {
    let spans = spans(actor);
    assert_eq!(spans.len(), 1, "{actor}: {spans:#?}");
    spans.into_iter().next().unwrap()
}

/// The attribute `error.type`, if the span failed.
pub(crate) fn error_type(span: &FinishedSpan) -> Option<String> {
    text(span, "error.type")
}

/// An attribute as text.
pub(crate) fn text(span: &FinishedSpan, name: &str) -> Option<String> {
    span.attribute(name).map(OwnedAttribute::to_string)
}
