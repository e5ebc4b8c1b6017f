//! The critical path of a trace: the spans that its end waited for.
//!
//! It begins with the span that ended last, and goes backwards through what that span waited for: from its end to each
//! child that ended last before the current point, then to its wait in the mailbox, and then to the parent at the time
//! of the send. A message that an actor sent without waiting for it, a cast, is on the path only if it led to the end.

use std::collections::HashMap;

use traced_actor::SpanId;
use traced_actor::record::FinishedSpan;

use crate::store::{sent, text};

/// A part of a span that is on the path, in nanoseconds since the Unix epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Part {
    /// The index of the span.
    pub(crate) span: usize,
    pub(crate) from: u64,
    pub(crate) until: u64,
    /// Whether the message waited in the mailbox.
    pub(crate) is_wait: bool,
}

/// Returns the parts of the path, the last first. Linear in the spans, plus sorting them. Circular parents end the
/// path.
pub(crate) fn critical_path(spans: &[FinishedSpan]) -> Vec<Part> {
    let mut by_id: HashMap<SpanId, usize> = HashMap::with_capacity(spans.len());
    for (i, span) in spans.iter().enumerate() {
        by_id.entry(span.context.span_id).or_insert(i);
    }
    let parent = |i: usize| spans[i].parent.and_then(|id| by_id.get(&id).copied()).filter(|p| *p != i);
    let mut children: Vec<Vec<usize>> = vec![Vec::new(); spans.len()];
    for i in 0..spans.len() {
        if let Some(parent) = parent(i) {
            children[parent].push(i);
        }
    }
    for list in &mut children {
        list.sort_by_key(|i| spans[*i].end);
    }

    let mut parts = Vec::new();
    let mut visited = vec![false; spans.len()];
    let mut at = (0..spans.len()).max_by_key(|i| spans[*i].end);
    let mut until = u64::MAX;
    while let Some(i) = at {
        if std::mem::replace(&mut visited[i], true) {
            break;
        }
        within(spans, &children, i, until, &mut visited, &mut parts);
        until = sent(&spans[i]);
        at = parent(i);
    }
    parts
}

/// Adds the parts of a span up to `until`, of the children that it waited for, and its wait in the mailbox.
///
/// Needs no recursion for deep traces.
fn within(
    spans: &[FinishedSpan],
    children: &[Vec<usize>],
    top: usize,
    until: u64,
    visited: &mut [bool],
    parts: &mut Vec<Part>,
) {
    // A span, the current point in it, and the number of its children that are left.
    let mut open = vec![(top, until.min(spans[top].end.unix_nanos()), children[top].len())];
    while let Some((span, until, left)) = open.pop() {
        let start = spans[span].start.unix_nanos();
        // The last child that was sent and had ended before this point.
        let next = children[span][..left].iter().enumerate().rev().find(|(_, child)| {
            let of = &spans[**child];
            !visited[**child] && of.end.unix_nanos() <= until && sent(of) >= start && !is_cast(of)
        });
        let Some((place, child)) = next.map(|(place, child)| (place, *child)) else {
            part(parts, span, start, until, false);
            part(parts, span, sent(&spans[span]), start, true);
            continue;
        };
        visited[child] = true;
        let end = spans[child].end.unix_nanos();
        part(parts, span, end, until, false);
        open.push((span, sent(&spans[child]), place));
        open.push((child, end, children[child].len()));
    }
}

/// Returns whether the sender waited for no answer. Spans of others do not say so.
fn is_cast(span: &FinishedSpan) -> bool {
    text(span, "actor.message.mode") == Some("cast")
}

fn part(parts: &mut Vec<Part>, span: usize, from: u64, until: u64, is_wait: bool) {
    if until > from {
        parts.push(Part { span, from, until, is_wait });
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use traced_actor::context::Timestamp;
    use traced_actor::{TraceContext, TraceFlags, TraceId};

    use super::*;

    /// A span with this id and parent, sent, received and ended at these times.
    fn span(id: u64, parent: u64, [sent, start, end]: [u64; 3]) -> FinishedSpan {
        let (trace, id) = (TraceId::new(1).unwrap(), SpanId::new(id).unwrap());
        let context = TraceContext::new(trace, id, TraceFlags::SAMPLED);
        let at = Timestamp::from_unix_nanos;
        let mut span = FinishedSpan::new(context, "A/B", at(1000 + start), at(1000 + end));
        span.parent = SpanId::new(parent);
        span.wait = Some(Duration::from_nanos(start - sent));
        span
    }

    /// As text: `2 w10-20` is the wait of span 2 from 10 to 20.
    fn path(spans: &[FinishedSpan]) -> Vec<String> {
        let text = |part: &Part| {
            let wait = if part.is_wait { "w" } else { "" };
            format!(
                "{} {wait}{}-{}",
                spans[part.span].context.span_id.get(),
                part.from - 1000,
                part.until - 1000
            )
        };
        critical_path(spans).iter().map(text).collect()
    }

    #[test]
    fn a_chain_of_casts_is_followed_from_its_end() {
        let spans = [span(1, 0, [0, 0, 100]), span(2, 1, [40, 60, 150]), span(3, 2, [90, 200, 300])];
        assert_eq!(path(&spans), ["3 200-300", "3 w90-200", "2 60-90", "2 w40-60", "1 0-40"]);
    }

    #[test]
    fn an_answer_that_was_awaited_is_on_the_path_and_a_quicker_one_beside_it_is_not() {
        let spans = [span(1, 0, [0, 0, 100]), span(2, 1, [20, 30, 80]), span(3, 1, [20, 25, 50])];
        assert_eq!(path(&spans), ["1 80-100", "2 30-80", "2 w20-30", "1 0-20"]);
    }

    /// The answer comes from the call. What was cast meanwhile, and had ended, is nothing that anything waited for.
    #[test]
    fn a_cast_is_on_the_path_only_if_it_led_to_the_end() {
        let mode = |mut span: FinishedSpan, mode: &str| {
            span.attributes.push(("actor.message.mode", mode.into()));
            span
        };
        let call = mode(span(2, 1, [20, 30, 60]), "call");
        let cast = mode(span(3, 1, [20, 25, 90]), "cast");
        assert_eq!(
            path(&[span(1, 0, [0, 0, 100]), call.clone(), cast]),
            ["1 60-100", "2 30-60", "2 w20-30", "1 0-20"]
        );
        let last = mode(span(3, 1, [70, 80, 130]), "cast");
        assert_eq!(
            path(&[span(1, 0, [0, 0, 100]), call, last]),
            ["3 80-130", "3 w70-80", "1 60-70", "2 30-60", "2 w20-30", "1 0-20"]
        );
    }

    #[test]
    fn calls_one_after_the_other_are_all_on_it() {
        let spans = [
            span(1, 0, [0, 0, 100]),
            span(2, 1, [10, 10, 30]),
            span(3, 1, [40, 45, 90]),
            span(4, 3, [50, 50, 60]),
        ];
        let expected =
            ["1 90-100", "3 60-90", "4 50-60", "3 45-50", "3 w40-45", "1 30-40", "2 10-30", "1 0-10"];
        assert_eq!(path(&spans), expected);
    }

    #[test]
    fn what_has_no_parent_here_and_what_goes_in_a_circle_ends_it() {
        assert_eq!(path(&[span(1, 9, [0, 5, 10])]), ["1 5-10", "1 w0-5"]);
        assert_eq!(path(&[]), Vec::<String>::new());
        let circle = [span(1, 2, [0, 5, 10]), span(2, 1, [0, 2, 10])];
        assert!(path(&circle).len() <= 4);
        assert_eq!(path(&[span(1, 1, [0, 0, 10])]), ["1 0-10"]);
    }

    /// A chain of a hundred thousand, and as many children of one span.
    #[test]
    fn deep_and_wide_traces_take_neither_stack_nor_long() {
        let deep: Vec<_> = (0..100_000).map(|i| span(i + 1, i, [i, i, 1_000_000 - i])).collect();
        assert_eq!(critical_path(&deep).len(), 199_999);
        let mut wide = vec![span(1, 0, [0, 0, 1_000_000])];
        wide.extend((0..100_000).map(|i| span(i + 2, 1, [10 * i, 10 * i, 10 * i + 5])));
        // Each of them, and the time after each.
        assert_eq!(critical_path(&wide).len(), 200_000);
    }
}
