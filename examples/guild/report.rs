//! The report: some traces as waterfalls, the broadcasts by size, and the totals.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt::Write as _;
use std::time::Duration;

use traced_actor::record::{FinishedSpan, OwnedAttribute};
use traced_actor::{SpanId, TraceId, counters};
use traced_actor_console::waterfall;

use crate::gateway;
use crate::guild::Summary;

const WIDTH: usize = 80;

/// The number of traced messages of one broadcast, unless an actor sets another budget.
const BUDGET: usize = 10;

/// Returns the whole report, or an error if the traces contradict the guild's counts.
pub(crate) fn report(
    spans: &[FinishedSpan],
    summary: &Summary,
    errors: &[gateway::Error],
) -> Result<String, String> {
    let rootless = sessions_without_parent(spans);
    if rootless > 0 {
        return Err(format!("{rootless} spans of sessions are roots; sessions only continue traces"));
    }
    let mut text = String::new();
    traces(&mut text, spans);
    broadcasts(&mut text, spans, summary);
    totals(&mut text, spans, summary, errors);
    Ok(text)
}

fn sessions_without_parent(spans: &[FinishedSpan]) -> usize {
    let known: HashSet<SpanId> = spans.iter().map(|span| span.context.span_id).collect();
    let has_parent = |span: &FinishedSpan| span.parent.is_some_and(|parent| known.contains(&parent));
    spans.iter().filter(|span| span.name.starts_with("Session/") && !has_parent(span)).count()
}

// ===== 1. traces =====

fn traces(text: &mut String, spans: &[FinishedSpan]) {
    let posts = || spans.iter().filter(|span| span.name == "Guild/Post");
    let largest =
        posts().max_by_key(|post| (int(post, "sampling.fanout.size"), std::cmp::Reverse(post.start)));
    let failed = posts().find(|post| post.error.is_some());
    let slowest = posts().max_by_key(|post| post.duration());
    let all = [
        ("A post to everybody: ten of the deliveries are traced, and stand for all", largest),
        ("A post that failed", failed),
        ("The slowest post", slowest),
    ];
    for (title, post) in all {
        let Some(post) = post else { continue };
        let _ = writeln!(text, "## {title}\n");
        text.push_str(&waterfall(&whole_trace(spans, post.context.trace_id), WIDTH, true));
        text.push('\n');
    }
    let longest =
        spans.iter().filter(|span| span.name.starts_with("Guild/")).filter_map(|span| span.wait).max();
    let _ = writeln!(
        text,
        "Meanwhile messages waited in the guild's mailbox, the longest {}.\n",
        millis(longest)
    );
}

/// Returns the traces that clients started, as far as they continued here.
pub(crate) fn from_outside(spans: &[FinishedSpan]) -> String {
    let known: HashSet<SpanId> = spans.iter().map(|span| span.context.span_id).collect();
    let mut text = "\n## From outside\n\n".to_owned();
    let mut shown = HashSet::new();
    for span in spans {
        let Some(parent) = span.parent.filter(|parent| !known.contains(parent)) else { continue };
        let trace = span.context.trace_id;
        if shown.insert(trace) {
            let _ = writeln!(text, "continues span {parent} of trace {trace}\n");
            text.push_str(&waterfall(&whole_trace(spans, trace), WIDTH, true));
            text.push('\n');
        }
    }
    text
}

fn whole_trace(spans: &[FinishedSpan], trace: TraceId) -> Vec<FinishedSpan> {
    spans.iter().filter(|span| span.context.trace_id == trace).cloned().collect()
}

fn millis(duration: Option<Duration>) -> String {
    format!("{} ms", duration.unwrap_or_default().as_millis())
}

// ===== 2. broadcasts =====

/// The broadcasts of one size.
#[derive(Default)]
struct Row {
    broadcasts: u64,
    kept: usize,
    /// Σ 1/probability over the kept spans, which is the number of messages that they stand for.
    weights: f64,
}

fn broadcasts(text: &mut String, spans: &[FinishedSpan], summary: &Summary) {
    // The true numbers, as counted by the guild.
    let mut rows: BTreeMap<usize, Row> = BTreeMap::new();
    for (size, broadcasts) in summary.broadcasts.values() {
        rows.entry(*size).or_default().broadcasts += broadcasts;
    }
    // The numbers from the traces: the parent of each kept delivery is the guild's span.
    let sizes: HashMap<String, usize> =
        summary.broadcasts.iter().map(|(channel, (size, _))| (channel.to_string(), *size)).collect();
    let size_of = |span: &FinishedSpan| sizes.get(&span.attribute("channel")?.to_string()).copied();
    let broadcasting: HashMap<SpanId, usize> =
        spans.iter().filter_map(|span| Some((span.context.span_id, size_of(span)?))).collect();
    for span in spans.iter().filter(|span| span.name.starts_with("Session/")) {
        let Some(size) = span.parent.and_then(|parent| broadcasting.get(&parent)) else { continue };
        let row = rows.entry(*size).or_default();
        row.kept += 1;
        row.weights += 1.0 / probability(span);
    }

    let _ = writeln!(text, "## Broadcasts by fan-out size\n");
    let _ = writeln!(
        text,
        "{:>8} {:>11} {:>11} {:>11} {:>9} {:>10}",
        "fan-out", "broadcasts", "recipients", "spans kept", "expected", "estimated"
    );
    for (size, row) in &rows {
        let broadcasts = usize::try_from(row.broadcasts).unwrap_or(usize::MAX);
        #[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
        let estimated = row.weights / row.broadcasts as f64;
        let _ = writeln!(
            text,
            "{:>8} {:>11} {:>11} {:>11} {:>9} {:>10.1}",
            size,
            broadcasts,
            size * broadcasts,
            row.kept,
            size.min(&BUDGET) * broadcasts,
            estimated
        );
    }
    text.push('\n');
}

// ===== 3. totals =====

fn totals(text: &mut String, spans: &[FinishedSpan], summary: &Summary, errors: &[gateway::Error]) {
    let counters = counters();
    let by_reason = |counts: &BTreeMap<&str, u64>| {
        let parts: Vec<String> = counts.iter().map(|(reason, n)| format!("{reason} {n}")).collect();
        format!("{} ({})", counts.values().sum::<u64>(), parts.join(", "))
    };
    let traces: HashSet<TraceId> = spans.iter().map(|span| span.context.trace_id).collect();
    let seen = summary.seen;
    let lines = [
        (
            "guild",
            format!("{}, {} sessions, {} members online", summary.name, summary.sessions, summary.online),
        ),
        (
            "sessions saw",
            format!("{} posts, {} reactions, {} hellos", seen.posts, seen.reactions, seen.hellos),
        ),
        ("messages", counters.received().to_string()),
        ("spans started", counters.kept.values().sum::<u64>().to_string()),
        ("spans kept", by_reason(&counters.kept)),
        ("spans dropped", by_reason(&counters.dropped)),
        (
            "spans recorded",
            format!("{} in {} traces, 0 of them sessions without a parent", spans.len(), traces.len()),
        ),
        ("status changes", summary.status_changes.to_string()),
        ("failed", counted(summary.failures.len(), "handler")),
        ("malformed", counted(errors.len(), "line")),
    ];
    let _ = writeln!(text, "## Totals\n");
    for (name, value) in lines {
        let _ = writeln!(text, "{name:<15} {value}");
    }
    let _ = writeln!(text, "\n## What went wrong\n");
    for failure in &summary.failures {
        let _ = writeln!(text, "guild: {failure}");
    }
    for error in errors {
        let _ = writeln!(text, "gateway: {error}");
    }
}

fn counted(n: usize, one: &str) -> String {
    format!("{n} {one}{}", if n == 1 { "" } else { "s" })
}

fn int(span: &FinishedSpan, name: &str) -> i64 {
    match span.attribute(name) {
        Some(OwnedAttribute::Int(value)) => *value,
        _ => 0,
    }
}

/// Returns the probability with which the span was kept, or 1 if it has none.
fn probability(span: &FinishedSpan) -> f64 {
    match span.attribute("sampling.probability") {
        Some(OwnedAttribute::Float(probability)) => *probability,
        _ => 1.0,
    }
}
