//! Finds traces that are broken.

use std::collections::HashSet;

use crate::context::SpanId;
use crate::record::FinishedSpan;

/// Describes what is wrong with each broken span, in an order that is the same in each run.
pub(super) fn broken(spans: &[FinishedSpan], is_excepted: impl Fn(&FinishedSpan) -> bool) -> Vec<String> {
    let ids: HashSet<SpanId> = spans.iter().map(|span| span.context.span_id).collect();
    let mut said = Vec::new();
    for span in spans.iter().filter(|span| !is_excepted(span)) {
        let name = span.name;
        if span.parent.is_some_and(|parent| !ids.contains(&parent)) {
            said.push(format!("{name} lost its parent: that span has not ended here, or was never recorded"));
        } else if span.lost_context {
            said.push(format!(
                "{name} lost its context: it was sent by a plain task or thread, which belongs to no message; start that by \
                 `task::spawn` or in the test's scope"
            ));
        }
    }
    said.sort();
    said
}
