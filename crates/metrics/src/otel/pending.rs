//! Exports work that has not ended as spans, so that a trace shows what it is waiting for.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use opentelemetry::trace::{SpanContext, SpanId, SpanKind, Status, TraceFlags, TraceId, TraceState};
use opentelemetry::{InstrumentationScope, KeyValue};
use opentelemetry_sdk::trace::{SpanData, SpanEvents, SpanLinks, SpanProcessor};
use traced_actor::context::{new_span_id, new_trace_id};

use crate::open_work::{OpenHandling, OpenWork, Place};
use crate::watch::{Overdue, Watch};

impl Watch {
    /// Sends a *pending* span to a span processor for each piece of overdue work.
    ///
    /// A pending span has the name of the work's span, with the suffix ` (pending)`. It lasts from the beginning of the
    /// work to the reading, and has the attribute `actor.pending`. It tells which actors are waited for
    /// (`actor.waiting_for`), how many messages are queued behind it (`actor.mailbox.size`), and how long it was not
    /// polled.
    ///
    /// It does not replace the span of the work, which follows when the work ends. It has its own id and is a child of
    /// that span. It has no attributes of the messaging conventions and no `sampling.probability`, so it is not counted
    /// as a message. Logfire hides it once the other span has arrived, because it has the `logfire.span_type` of
    /// Logfire's own pending spans.
    ///
    /// Work that is not sampled has no span. Its pending span is a separate trace, and is sent anyway.
    ///
    /// Pass a clone of a processor of the provider, such as `traced_actor_opentelemetry::BatchProcessor`, or a separate
    /// one. The processor is called on the watch's thread.
    #[must_use]
    pub fn pending_spans(self, processor: impl SpanProcessor + 'static) -> Self {
        let scope = InstrumentationScope::builder(env!("CARGO_PKG_NAME"))
            .with_version(env!("CARGO_PKG_VERSION"))
            .build();
        self.telling(move |overdue| {
            for span in spans(overdue, &scope) {
                processor.on_end(span);
            }
        })
    }
}

/// Returns the pending spans of overdue work.
fn spans(overdue: &Overdue, scope: &InstrumentationScope) -> Vec<SpanData> {
    let Overdue { handlings, asks, mailboxes, not_polled_for, work, .. } = overdue;
    let now = time(work);
    let pending = |pending: Pending<'_>| pending.span(now, scope);
    let handlings = handlings.iter().zip(not_polled_for).map(|(one, idle)| {
        let (ask, queue) = (work.ask_of(one), work.mailbox_of(&one.place));
        let mut attributes = vec![
            KeyValue::new("actor.message.kind", one.kind.clone()),
            KeyValue::new("actor.polls", i64::from(one.polls)),
            KeyValue::new("actor.not_polled_for", idle.as_secs_f64()),
        ];
        attributes.extend(one.waited.map(|wait| KeyValue::new("actor.mailbox.wait", wait.as_secs_f64())));
        attributes.extend(ask.map(|ask| KeyValue::new("actor.waiting_for", ask.chain())));
        attributes.extend(queue.map(|queue| KeyValue::new("actor.mailbox.size", count(queue.depth))));
        pending(Pending {
            place: &one.place,
            what: &one.kind,
            open_for: one.running,
            of: ids(one),
            attributes,
        })
    });
    let asks = asks.iter().filter_map(|ask| {
        let attributes = vec![KeyValue::new("actor.waiting_for", ask.chain())];
        let place = ask.through.first()?;
        Some(pending(Pending { place, what: "ask", open_for: ask.waiting, of: None, attributes }))
    });
    let mailboxes = mailboxes.iter().map(|mailbox| {
        let attributes = vec![KeyValue::new("actor.mailbox.size", count(mailbox.depth))];
        let (place, open_for) = (&mailbox.place, mailbox.oldest_wait);
        pending(Pending { place, what: "mailbox", open_for, of: None, attributes })
    });
    handlings.chain(asks).chain(mailboxes).collect()
}

/// A piece of work that has not ended.
struct Pending<'a> {
    place: &'a Place,
    what: &'a str,
    open_for: Duration,
    /// The trace and the span of the work if it is sampled.
    of: Option<(TraceId, SpanId)>,
    attributes: Vec<KeyValue>,
}

impl Pending<'_> {
    fn span(self, now: SystemTime, scope: &InstrumentationScope) -> SpanData {
        let Self { place, what, open_for, of, mut attributes } = self;
        attributes.push(KeyValue::new("actor.pending", true));
        attributes.push(KeyValue::new("actor.name", place.actor.clone()));
        attributes.extend(place.instance.clone().map(|name| KeyValue::new("actor.instance", name)));
        if of.is_some() {
            attributes.push(KeyValue::new("logfire.span_type", "pending_span"));
        }
        let trace = of.map_or_else(|| TraceId::from_bytes(new_trace_id().to_bytes()), |(trace, _)| trace);
        let id = SpanId::from_bytes(new_span_id().to_bytes());
        SpanData {
            span_context: SpanContext::new(trace, id, TraceFlags::SAMPLED, false, TraceState::default()),
            parent_span_id: of.map_or(SpanId::INVALID, |(_, span)| span),
            parent_span_is_remote: false,
            span_kind: SpanKind::Internal,
            name: format!("{}/{what} (pending)", place.actor).into(),
            start_time: now.checked_sub(open_for).unwrap_or(UNIX_EPOCH),
            end_time: now,
            attributes,
            dropped_attributes_count: 0,
            events: SpanEvents::default(),
            links: SpanLinks::default(),
            status: Status::Unset,
            instrumentation_scope: scope.clone(),
        }
    }
}

fn ids(one: &OpenHandling) -> Option<(TraceId, SpanId)> {
    let trace = TraceId::from_hex(one.trace_id.as_ref()?).ok()?;
    Some((trace, SpanId::from_hex(one.span_id.as_ref()?).ok()?))
}

fn time(work: &OpenWork) -> SystemTime {
    UNIX_EPOCH + Duration::try_from_secs_f64(work.unix_seconds).unwrap_or_default()
}

fn count(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
