//! The report on the nodes' spans, and checks of them.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::fmt::Write as _;

use traced_actor::record::{FinishedSpan, OwnedAttribute};
use traced_actor::{SpanId, TraceId};
use traced_actor_console::waterfall;

use crate::figures::Figures;

const WIDTH: usize = 100;

/// The nodes of a whole trace, before and after the session node was started again.
const BEFORE: [&str; 3] = ["gateway", "guild", "session.1"];
const AFTER: [&str; 3] = ["gateway", "guild", "session.2"];

/// Returns the report, or an error if a check fails.
pub(crate) fn report(spans: &[FinishedSpan], figures: &Figures, lines: usize) -> Result<String, String> {
    let figure = |name: &str| figures.get(name).copied().unwrap_or_default();
    let traces = Traces::new(spans);
    nobody_is_lost(spans)?;
    if figure("lines") != lines as u64 {
        return Err(format!("{} of {lines} lines were handled", figure("lines")));
    }
    if figure("seen") != figure("sent") {
        return Err(format!("of {} deliveries {} were seen", figure("sent"), figure("seen")));
    }

    let mut text = String::new();
    let (before, after) = (traces.across(&BEFORE), traces.across(&AFTER));
    traces.show(&mut text, "A post to a hundred sessions, through three nodes", traces.widest(&before))?;
    text.push_str("The session node was killed, and started again 300 lines later.\n\n");
    traces.show(&mut text, "A post while it was gone", traces.undelivered())?;
    traces.show(&mut text, "A post to one session after the restart", traces.narrowest(&after))?;

    let mut of_node: BTreeMap<String, usize> = BTreeMap::new();
    for span in spans {
        *of_node.entry(node(span)).or_default() += 1;
    }
    let of_node: Vec<String> = of_node.iter().map(|(node, count)| format!("{node} {count}")).collect();
    let _ = writeln!(text, "## Totals\n");
    for (name, value) in [
        ("lines", format!("{lines} handled, {} malformed", figure("malformed"))),
        ("spans", format!("{} ({})", spans.len(), of_node.join(", "))),
        ("traces", format!("{}, 0 of them begun by the guild or a session", traces.spans.len())),
        ("whole traces", format!("{} before the kill, {} after the restart", before.len(), after.len())),
        ("deliveries", format!("{} sent since the restart, all of them seen", figure("sent"))),
    ] {
        let _ = writeln!(text, "{name:<13} {value}");
    }
    Ok(text)
}

fn node(span: &FinishedSpan) -> String {
    span.attribute("node").map(ToString::to_string).unwrap_or_default()
}

/// Checks that only the gateway starts traces: every other span is below one that is here.
fn nobody_is_lost(spans: &[FinishedSpan]) -> Result<(), String> {
    let known: HashMap<SpanId, TraceId> =
        spans.iter().map(|span| (span.context.span_id, span.context.trace_id)).collect();
    for span in spans.iter().filter(|span| node(span) != "gateway") {
        let of_parent = span.parent.and_then(|parent| known.get(&parent));
        if of_parent != Some(&span.context.trace_id) {
            return Err(format!("{} of {} has no parent in its trace", span.name, node(span)));
        }
    }
    Ok(())
}

struct Traces<'s> {
    /// The spans in the order in which they began.
    order: Vec<TraceId>,
    spans: HashMap<TraceId, Vec<&'s FinishedSpan>>,
}

impl<'s> Traces<'s> {
    fn new(spans: &'s [FinishedSpan]) -> Self {
        let mut of: HashMap<TraceId, Vec<&FinishedSpan>> = HashMap::new();
        let mut sorted: Vec<&FinishedSpan> = spans.iter().collect();
        sorted.sort_by_key(|span| span.start);
        let mut seen = HashSet::new();
        let order =
            sorted.iter().map(|span| span.context.trace_id).filter(|trace| seen.insert(*trace)).collect();
        for span in sorted {
            of.entry(span.context.trace_id).or_default().push(span);
        }
        Self { order, spans: of }
    }

    fn having(&self, is: impl Fn(&[&FinishedSpan]) -> bool) -> Vec<TraceId> {
        self.order.iter().copied().filter(|trace| is(&self.spans[trace])).collect()
    }

    /// Returns the traces that have spans of exactly these nodes.
    fn across(&self, nodes: &[&str]) -> Vec<TraceId> {
        let nodes: BTreeSet<String> = nodes.iter().map(|&node| node.to_owned()).collect();
        self.having(|spans| spans.iter().map(|span| node(span)).collect::<BTreeSet<_>>() == nodes)
    }

    /// Returns a post that no session received, because it was handled after the first session node was killed.
    ///
    /// Prefers a post that was sent to no session to one that was sent and lost.
    fn undelivered(&self) -> Option<TraceId> {
        let gone = self
            .spans
            .values()
            .flatten()
            .filter(|span| node(span) == "session.1")
            .map(|span| span.end)
            .max()?;
        let is_post =
            |span: &&FinishedSpan| span.name == "Guild/Post" && span.error.is_none() && span.start > gone;
        let posts = self.having(|spans| spans.len() == 2 && spans.iter().any(is_post));
        self.narrowest(&posts)
    }

    /// Returns the first of the traces that stand for the most sends.
    fn widest(&self, of: &[TraceId]) -> Option<TraceId> {
        of.iter().copied().rev().max_by_key(|trace| self.fanout(trace))
    }

    /// Returns the first of the traces that stand for the fewest sends.
    fn narrowest(&self, of: &[TraceId]) -> Option<TraceId> {
        of.iter().copied().min_by_key(|trace| self.fanout(trace))
    }

    fn fanout(&self, trace: &TraceId) -> i64 {
        let sizes = self.spans[trace].iter().map(|span| match span.attribute("sampling.fanout.size") {
            Some(OwnedAttribute::Int(size)) => *size,
            _ => 0,
        });
        sizes.max().unwrap_or_default()
    }

    fn show(&self, text: &mut String, title: &str, trace: Option<TraceId>) -> Result<(), String> {
        let trace = trace.ok_or_else(|| format!("no trace is {title:?}"))?;
        let spans: Vec<FinishedSpan> = self.spans[&trace].iter().map(|&span| span.clone()).collect();
        let _ = writeln!(text, "## {title}\n\n{}", waterfall(&spans, WIDTH, true));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use traced_actor::context::{Timestamp, TraceContext, TraceFlags};

    use super::*;

    fn span(node: &str, name: &'static str, trace: &str, id: &str, parent: Option<&str>) -> FinishedSpan {
        let (trace, id) = (format!("{trace:0>32}"), format!("{id:0>16}"));
        let context = TraceContext::new(trace.parse().unwrap(), id.parse().unwrap(), TraceFlags::SAMPLED);
        let at = Timestamp::from_unix_nanos(1);
        let mut span = FinishedSpan::new(context, name, at, at);
        span.parent = parent.map(|parent| format!("{parent:0>16}").parse().unwrap());
        span.attributes.push(("node", node.into()));
        span
    }

    #[test]
    fn a_span_that_is_not_below_another_of_its_trace_is_reported() {
        let begun = span("gateway", "Gateway/Dispatch", "1", "1", None);
        let below = span("guild", "Guild/Post", "1", "2", Some("1"));
        assert_eq!(nobody_is_lost(&[begun.clone(), below.clone()]), Ok(()));
        let root = span("session.1", "Session/Deliver", "1", "3", None);
        let of_another_trace = span("session.1", "Session/Deliver", "2", "3", Some("2"));
        let of_nobody = span("session.1", "Session/Deliver", "1", "3", Some("4"));
        for lost in [root, of_another_trace, of_nobody] {
            let found = nobody_is_lost(&[begun.clone(), below.clone(), lost]);
            assert_eq!(found, Err("Session/Deliver of session.1 has no parent in its trace".to_owned()));
        }
    }

    #[test]
    fn lines_and_deliveries_that_are_missing_are_reported() {
        let figures = |lines, sent, seen| {
            Figures::from([("lines".into(), lines), ("sent".into(), sent), ("seen".into(), seen)])
        };
        assert_eq!(report(&[], &figures(8, 0, 0), 9), Err("8 of 9 lines were handled".into()));
        assert_eq!(report(&[], &figures(9, 5, 4), 9), Err("of 5 deliveries 4 were seen".into()));
    }
}
