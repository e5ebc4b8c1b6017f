//! Converts spans to the runtime's plain data.

use std::collections::HashSet;
use std::sync::{LazyLock, Mutex, PoisonError};

use traced_actor::record::{FinishedEvent, FinishedSpan};

use super::taken::{Event, Link, Sink, Taken};

/// Passes spans to a function as plain data.
pub(crate) struct Finished<F>(pub(crate) F);

impl<F: FnMut(FinishedSpan) + Send> Sink for Finished<F> {
    fn take(&mut self, span: &Taken<'_>) {
        (self.0)(finished(span));
    }
}

/// Returns a span as plain data.
pub(crate) fn finished(span: &Taken<'_>) -> FinishedSpan {
    let name = match span.dynamic_name() {
        Some(name) => interned(name).unwrap_or(span.operation().name),
        None => span.operation().name,
    };
    let mut made = FinishedSpan::new(span.context(), name, span.start, span.end);
    let of = span.record;
    made.parent = of.parent;
    made.span_kind = of.operation.span_kind;
    made.wait = of.wait;
    made.lost_context = of.lost_context;
    span.attributes(|name, value| made.attributes.push((name, value.into())));
    made.events.extend(span.events().map(|Event { name, at }| FinishedEvent::new(name, at)));
    made.links.extend(span.links().map(|Link { context, .. }| context));
    made.error = span.error().map(|error| error.text.unwrap_or(error.error_type).to_owned());
    made
}

/// Returns a name that lives as long as the process, or `None` if there are too many.
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
