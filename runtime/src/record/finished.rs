//! Finished spans as plain data, for recorders without their own span type.

use std::any::Any;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::field::Attribute;
use super::name::dynamic_name;
use super::recorder::{NAMES_OF_ACTOR, Recorder, SpanStart};
use super::span::{Failure, OpenSpan, Span, SpanEnd};
use crate::context::{SpanId, SpanKind, Timestamp, TraceContext, TraceFlags, new_span_id};

/// A span that has ended.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct FinishedSpan {
    /// The identity of the span.
    pub context: TraceContext,
    /// The id of the parent. `None` for a root.
    pub parent: Option<SpanId>,
    /// The spans that this span is linked to.
    pub links: Vec<TraceContext>,
    /// The span's name: `Actor/Kind`, or the name of an [operation](crate::Kind::operation).
    pub name: &'static str,
    /// The span kind.
    pub span_kind: SpanKind,
    /// The time at which the message left the mailbox.
    pub start: Timestamp,
    /// The time at which the handler completed.
    pub end: Timestamp,
    /// The time that the message waited in the mailbox.
    pub wait: Option<Duration>,
    /// All attributes, in the order in which they were recorded.
    pub attributes: Vec<(&'static str, OwnedAttribute)>,
    /// The events, in the order in which they were recorded.
    pub events: Vec<FinishedEvent>,
    /// Whether the span is a root because its sender may have lost its context. See [`SpanStart::lost_context`].
    pub lost_context: bool,
    /// The text of the error, or its type if it has no text. `None` if the span did not fail.
    pub error: Option<String>,
}

/// An event of a [`FinishedSpan`].
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct FinishedEvent {
    /// The name of the event.
    pub name: &'static str,
    /// The time of the event.
    pub at: Timestamp,
}

/// An [`Attribute`] that owns its text.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum OwnedAttribute {
    /// A boolean.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// A floating-point number.
    Float(f64),
    /// A text.
    Str(String),
}

impl FinishedSpan {
    /// Creates a span with these ids, name and times, and nothing else.
    pub fn new(context: TraceContext, name: &'static str, start: Timestamp, end: Timestamp) -> Self {
        Self {
            context,
            parent: None,
            links: Vec::new(),
            name,
            span_kind: SpanKind::default(),
            start,
            end,
            wait: None,
            attributes: Vec::new(),
            events: Vec::new(),
            lost_context: false,
            error: None,
        }
    }

    /// Returns the attribute of this name, or the last one if there are several.
    pub fn attribute(&self, name: &str) -> Option<&OwnedAttribute> {
        self.attributes.iter().rev().find(|(key, _)| *key == name).map(|(_, value)| value)
    }

    /// Returns the time from the start to the end of the span.
    pub fn duration(&self) -> Duration {
        self.end.since(self.start)
    }
}

impl FinishedEvent {
    /// Creates an event with this name and time.
    pub const fn new(name: &'static str, at: Timestamp) -> Self {
        Self { name, at }
    }
}

impl From<Attribute<'_>> for OwnedAttribute {
    fn from(attribute: Attribute<'_>) -> Self {
        match attribute {
            Attribute::Bool(value) => Self::Bool(value),
            Attribute::Int(value) => Self::Int(value),
            Attribute::Float(value) => Self::Float(value),
            Attribute::Str(value) | Attribute::Static(value) => Self::Str(value.to_owned()),
        }
    }
}

impl From<&str> for OwnedAttribute {
    fn from(text: &str) -> Self {
        Self::Str(text.to_owned())
    }
}

impl From<i64> for OwnedAttribute {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

impl From<f64> for OwnedAttribute {
    fn from(value: f64) -> Self {
        Self::Float(value)
    }
}

impl From<bool> for OwnedAttribute {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl std::fmt::Display for OwnedAttribute {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Bool(value) => value.fmt(f),
            Self::Int(value) => value.fmt(f),
            Self::Float(value) => value.fmt(f),
            Self::Str(value) => f.write_str(value),
        }
    }
}

/// The maximum number of attributes, and of events, that a handler can add to a span. OpenTelemetry's default is the
/// same.
const MOST: usize = 128;

/// A recorder that passes each finished span to a function. It generates its own ids.
///
/// The function runs on the actor's thread and must not block.
///
/// ```
/// use std::sync::mpsc;
/// use traced_actor::record::{self, FinishedSpan, FinishedSpans};
///
/// let (spans, exporter) = mpsc::channel::<FinishedSpan>();
/// record::install(FinishedSpans::new(move |span| drop(spans.send(span))))?;
/// std::thread::spawn(move || {
///     for span in exporter {
///         println!("{} took {:?}", span.name, span.duration());
///     }
/// });
/// # Ok::<(), record::AlreadyInstalled>(())
/// ```
pub struct FinishedSpans<F> {
    take: Arc<F>,
    keeps_all: bool,
}

impl<F: Fn(FinishedSpan) + Send + Sync + 'static> FinishedSpans<F> {
    /// Creates a recorder that passes each finished span to `take`.
    pub fn new(take: F) -> Self {
        Self { take: Arc::new(take), keeps_all: false }
    }

    /// Creates a recorder that passes every started span to `take`, even if it is [discarded](Span::discard).
    ///
    /// Use it if `take` waits for each span that was started.
    pub fn keeping_all(take: F) -> Self {
        Self { take: Arc::new(take), keeps_all: true }
    }
}

impl<F> std::fmt::Debug for FinishedSpans<F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("FinishedSpans")
    }
}

struct Unfinished<F> {
    /// Taken when the span ends.
    span: Mutex<Option<FinishedSpan>>,
    take: Arc<F>,
    keeps_all: bool,
}

impl<F> Unfinished<F> {
    fn change(&self, change: impl FnOnce(&mut FinishedSpan)) {
        if let Some(span) = &mut *self.span.lock().unwrap_or_else(PoisonError::into_inner) {
            change(span);
        }
    }
}

fn error_text(failure: &Failure<'_>) -> String {
    failure.description.map_or_else(|| failure.error_type.to_owned(), |words| words.bounded())
}

impl<F: Fn(FinishedSpan) + Send + Sync + 'static> Recorder for FinishedSpans<F> {
    fn start(&self, new: &SpanStart<'_>) -> Option<OpenSpan> {
        let trace_id = new.parent.map_or(new.trace_id, |parent| parent.context.trace_id);
        let flags = TraceFlags::SAMPLED.union(match new.parent {
            Some(parent) => parent.context.flags,
            None => TraceFlags::RANDOM,
        });
        let context = TraceContext::new(trace_id, new_span_id(), flags);
        let mut attributes = Vec::new();
        new.attributes(|name, value| attributes.push((name, value.into())));
        let span = FinishedSpan {
            parent: new.parent.map(|parent| parent.context.span_id),
            links: new.links.iter().map(|link| link.context.context).collect(),
            wait: new.wait,
            span_kind: new.span_kind,
            attributes,
            lost_context: new.lost_context,
            ..FinishedSpan::new(context, new.name, new.start, new.start)
        };
        let (take, keeps_all) = (self.take.clone(), self.keeps_all);
        Some(OpenSpan::new(context, Unfinished { span: Mutex::new(Some(span)), take, keeps_all }))
    }
}

impl<F: Fn(FinishedSpan) + Send + Sync + 'static> Span for Unfinished<F> {
    fn finish(&self, _: TraceContext, end: &SpanEnd<'_>) {
        let span = self.span.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(mut span) = span {
            span.end = end.at;
            end.attributes(|name, value| span.attributes.push((name, value.into())));
            if let Some(failure) = &end.failure {
                span.error = Some(error_text(failure));
            }
            (self.take)(span);
        }
    }

    fn set_attribute(&self, _: TraceContext, name: &'static str, value: Attribute<'_>) {
        self.change(|span| {
            if span.attributes.len() < MOST {
                span.attributes.push((name, value.into()));
            }
        });
    }

    fn rename(&self, _: TraceContext, name: &'static str, actor: &'static str) {
        self.change(|span| {
            span.name = name;
            for (_, value) in span.attributes.iter_mut().filter(|(name, _)| NAMES_OF_ACTOR.contains(name)) {
                *value = OwnedAttribute::Str(actor.to_owned());
            }
        });
    }

    fn update_name(&self, _: TraceContext, name: &str) {
        if let Some(name) = dynamic_name(name) {
            self.change(|span| span.name = name);
        }
    }

    fn add_event(&self, _: TraceContext, name: &'static str, at: Timestamp) {
        self.change(|span| {
            if span.events.len() < MOST {
                span.events.push(FinishedEvent { name, at });
            }
        });
    }

    fn record_error(&self, _: TraceContext, failure: &Failure<'_>) {
        let text = error_text(failure);
        self.change(|span| {
            span.attributes.push(("error.type", OwnedAttribute::Str(failure.error_type.to_owned())));
            span.error = Some(text);
        });
    }

    fn discard(&self, _: TraceContext) -> bool {
        !self.keeps_all && self.span.lock().unwrap_or_else(PoisonError::into_inner).take().is_some()
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}
