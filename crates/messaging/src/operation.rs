//! The five operations of OpenTelemetry's [messaging conventions], and the span of each.
//!
//! [messaging conventions]: https://opentelemetry.io/docs/specs/semconv/messaging/messaging-spans/

use traced_actor::context::{MessageContext, SpanKind};
use traced_actor::record::Fields;
use traced_actor::sampling::Key;
use traced_actor::{Envelope, Kind, Message, MessageSpan, Options, current_span};

use crate::facts::{Facts, System};

/// A type of operation.
#[derive(Clone, Copy)]
pub(crate) struct Type {
    /// `messaging.operation.type`.
    name: &'static str,
    kind: &'static Kind,
}

impl Type {
    pub(crate) const CREATE: Self = Self { name: "create", kind: &CREATE };
    pub(crate) const SEND: Self = Self { name: "send", kind: &SEND };
    pub(crate) const SEND_BATCH: Self = Self { name: "send", kind: &SEND_BATCH };
    pub(crate) const RECEIVE: Self = Self { name: "receive", kind: &RECEIVE };
    pub(crate) const PROCESS: Self = Self { name: "process", kind: &PROCESS };
    pub(crate) const PROCESS_LINKED: Self = Self { name: "process", kind: &PROCESS_LINKED };
    pub(crate) const SETTLE: Self = Self { name: "settle", kind: &SETTLE };
}

static CREATE: Kind = Kind::operation("create", SpanKind::Producer);
static SEND: Kind = Kind::operation("send", SpanKind::Producer);
// Each message carries the context of its own creation.
static SEND_BATCH: Kind = Kind::operation("send", SpanKind::Client);
static RECEIVE: Kind = Kind::operation("receive", SpanKind::Client);
static PROCESS: Kind = Kind::operation("process", SpanKind::Consumer);
static PROCESS_LINKED: Kind = Kind::operation("process", SpanKind::Consumer).link();
static SETTLE: Kind = Kind::operation("settle", SpanKind::Client);

/// An operation on a message, which has a span.
pub(crate) struct Operation<'a> {
    pub(crate) system: System,
    pub(crate) of: Type,
    /// `messaging.operation.name`: the broker's word for it.
    pub(crate) name: &'static str,
    pub(crate) facts: &'a Facts<'a>,
}

impl Operation<'_> {
    /// Opens the span of an operation with this context.
    pub(crate) fn open(envelope: Envelope<Self>, options: &'static Options) -> MessageSpan {
        let (operation, span) = envelope.open_in(options);
        operation.name_span(span)
    }

    /// Opens one span for several messages with these `contexts`.
    pub(crate) fn open_batch(self, contexts: Vec<MessageContext>, options: &'static Options) -> MessageSpan {
        let (operation, span) = Envelope::bare(self).open_batch(contexts, options);
        operation.name_span(span)
    }

    /// Names the span of this operation, if it has one: `send orders`.
    fn name_span(&self, mut span: MessageSpan) -> MessageSpan {
        if span.is_recording() {
            let _entered = span.enter();
            match self.facts.place() {
                Some(place) => current_span().update_name(&format!("{} {place}", self.name)),
                None => current_span().update_name(self.name),
            }
        }
        span
    }
}

impl Message for Operation<'_> {
    fn kind(&self) -> &'static Kind {
        self.of.kind
    }

    fn record(&self, fields: &mut Fields<'_>) {
        fields.record("messaging.system", self.system.name());
        fields.record("messaging.operation.name", self.name);
        fields.record("messaging.operation.type", self.of.name);
        self.facts.record(fields);
    }

    /// Returns the destination, for samplers that decide by a key.
    fn key(&self) -> Option<Key<'_>> {
        self.facts.place().map(Key::Str)
    }
}
