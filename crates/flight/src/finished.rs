//! Spans as the runtime's plain data.

use std::collections::HashSet;
use std::sync::{LazyLock, Mutex, PoisonError};

use traced_actor::record::{FinishedEvent, FinishedSpan};

use super::attributes;
use super::sink::{Reader, Sink};
use super::span::{Later, SpanRecord};

/// Hands spans to a function.
pub(crate) struct FinishedSink<F>(pub(crate) F);

impl<F: FnMut(FinishedSpan) + Send> Sink for FinishedSink<F> {
    fn span(&mut self, span: &SpanRecord, reader: &Reader<'_>) {
        (self.0)(finished(span, reader));
    }
}

fn finished(span: &SpanRecord, reader: &Reader<'_>) -> FinishedSpan {
    let names = reader.names;
    let name = match &span.name {
        Some(name) => interned(name).unwrap_or(span.operation.name),
        None => span.operation.name,
    };
    let (start, end) = reader.times(span);
    let mut made = FinishedSpan::new(span.context, name, start, end);
    made.parent = span.parent;
    made.span_kind = span.operation.span_kind;
    made.wait = span.wait;
    made.lost_context = span.lost_context;
    attributes::visit(span, names, |name, value| made.attributes.push((name, value.into())));
    for later in &span.later {
        match later {
            Later::Event { name, at } => {
                made.events.push(FinishedEvent::new(names.name(*name), reader.wall.time(*at)));
            }
            Later::Link(context) => made.links.push(*context),
            Later::Attribute { .. } => {}
        }
    }
    made.error = span.error.as_ref().map(|error| match &error.text {
        Some(text) => text.clone(),
        None => names.name(error.error_type).to_owned(),
    });
    made
}

/// Returns a name that lives as long as the process. `None` if there are too many.
fn interned(name: &str) -> Option<&'static str> {
    const MOST: usize = 1000;
    static NAMES: LazyLock<Mutex<HashSet<&'static str>>> = LazyLock::new(Mutex::default);
    let mut names = NAMES.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = names.get(name) {
        return Some(known);
    }
    (names.len() < MOST).then(|| {
        let name: &'static str = Box::leak(name.into());
        names.insert(name);
        name
    })
}
