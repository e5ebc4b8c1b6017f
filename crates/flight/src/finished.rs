//! Spans as the runtime's plain data.

use std::collections::HashSet;
use std::sync::{LazyLock, Mutex, PoisonError};

use traced_actor::context::Timestamp;
use traced_actor::record::{FinishedEvent, FinishedSpan};

use super::attributes;
use super::span::{Later, SpanRecord};
use super::table::Names;
use super::wall::Wall;

/// Returns a span as plain data, with its times by the wall clock.
pub(crate) fn finished(span: &SpanRecord, names: &Names, wall: &Wall) -> FinishedSpan {
    let name = match &span.name {
        Some(name) => interned(name).unwrap_or(span.operation.name),
        None => span.operation.name,
    };
    // A wall clock that was set meanwhile does not change how long it took.
    let start = wall.time(span.start);
    let took = span.end.saturating_sub(span.start);
    let end = Timestamp::from_unix_nanos(start.unix_nanos().saturating_add(took));
    let mut made = FinishedSpan::new(span.context, name, start, end);
    made.parent = span.parent;
    made.span_kind = span.operation.span_kind;
    made.wait = span.wait;
    made.lost_context = span.lost_context;
    attributes::visit(span, names, |name, value| made.attributes.push((name, value.into())));
    for later in &span.later {
        match later {
            Later::Event { name, at } => {
                made.events.push(FinishedEvent::new(names.name(*name), wall.time(*at)));
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
