//! Renders a file as text for people.

use std::collections::{BTreeMap, HashSet};
use std::fmt::Write as _;
use std::time::Duration;

use traced_actor::context::Timestamp;
use traced_actor::record::FinishedSpan;

use super::super::image::DumpReason;
use super::model::{FileSends, FileSpan, FlightFile};

/// The maximum number of open messages that are shown.
const MOST_OPEN: usize = 50;
/// The maximum number of messages that are shown for each thread.
const MOST_OF_THREAD: usize = 5;

pub(super) fn report(file: &FlightFile, traces: usize) -> String {
    let mut to = String::new();
    let reason = file.reason.map_or("?", DumpReason::name);
    let _ = writeln!(
        to,
        "process {}, {reason}: {} messages have ended, {} had not, over {:?}\n",
        file.process,
        file.spans.len(),
        file.open.len(),
        file.horizon().unwrap_or_default()
    );
    let seen = file.seen.unwrap_or(Timestamp::from_unix_nanos(0));
    open_work(&mut to, file, seen);
    last_messages(&mut to, file, seen);
    threads(&mut to, file, seen);
    latest_traces(&mut to, file, traces);
    to
}

fn open_work(to: &mut String, file: &FlightFile, seen: Timestamp) {
    let _ = writeln!(to, "## Open work\n");
    for FileSpan { span, sends, .. } in file.open.iter().take(MOST_OPEN) {
        let _ = writeln!(to, "{:<40} for {:?}{}", line(span), seen.since(span.start), fields(span));
        push_sends(to, sends, seen);
    }
    if file.open.len() > MOST_OPEN {
        let _ = writeln!(to, "… and {} more", file.open.len() - MOST_OPEN);
    }
    to.push('\n');
}

fn last_messages(to: &mut String, file: &FlightFile, seen: Timestamp) {
    let mut last: BTreeMap<String, (&FileSpan, bool)> = BTreeMap::new();
    for (message, is_open) in file.all() {
        let span = &message.span;
        let actor = span.attribute("actor.name").map_or_else(|| span.name.to_owned(), ToString::to_string);
        let instance =
            span.attribute("actor.instance").map(|instance| format!(" {instance}")).unwrap_or_default();
        let known = last.entry(actor + &instance).or_insert((message, is_open));
        if known.0.span.start <= span.start {
            *known = (message, is_open);
        }
    }
    let _ = writeln!(to, "## The last message of each actor\n");
    for (actor, (FileSpan { span, sends, .. }, is_open)) in last {
        let ago: Duration = seen.since(span.start);
        let how = if is_open { "still open".to_owned() } else { format!("took {:?}", span.duration()) };
        let _ =
            writeln!(to, "{:<24} {:<40} {ago:?} ago, {how}{}", printable(&actor), line(span), fields(span));
        push_sends(to, sends, seen);
    }
    to.push('\n');
}

/// Appends a line for each kind of message that a handler has sent.
fn push_sends(to: &mut String, sends: &[FileSends], seen: Timestamp) {
    for FileSends { message, count, last } in sends {
        let _ = writeln!(
            to,
            "    sent {count} × {}, the last one {:?} ago",
            printable(message),
            seen.since(*last)
        );
    }
}

fn threads(to: &mut String, file: &FlightFile, seen: Timestamp) {
    let _ = writeln!(to, "## Threads\n");
    for thread in &file.threads {
        let _ = writeln!(
            to,
            "{} {:?}: {} records, {} of them here",
            thread.number, thread.name, thread.records, thread.readable
        );
        let of = |span: &&FileSpan| span.thread == thread.number;
        let mut last: Vec<&FileSpan> = file.all().map(|(span, _)| span).filter(of).collect();
        last.sort_by_key(|span| std::cmp::Reverse(span.span.start));
        for FileSpan { span, .. } in last.into_iter().take(MOST_OF_THREAD) {
            let _ = writeln!(to, "    {:?} ago {}{}", seen.since(span.start), line(span), fields(span));
        }
    }
    to.push('\n');
}

/// Appends the latest traces, those with an error or with open work first.
fn latest_traces(to: &mut String, file: &FlightFile, most: usize) {
    let all = || file.open.iter().chain(file.spans.iter().rev()).map(|span| &span.span);
    let strange = file.open.iter().chain(file.spans.iter().rev().filter(|span| span.span.error.is_some()));
    let mut shown = HashSet::new();
    for trace in strange.map(|span| span.span.context.trace_id).chain(all().map(|span| span.context.trace_id))
    {
        if shown.len() >= most {
            break;
        }
        if shown.insert(trace) {
            let spans: Vec<FinishedSpan> =
                all().filter(|span| span.context.trace_id == trace).cloned().collect();
            let _ = writeln!(to, "## Trace {trace}\n");
            to.push_str(&waterfall(&spans));
            to.push('\n');
        }
    }
}

#[cfg(feature = "cli")]
fn waterfall(spans: &[FinishedSpan]) -> String {
    traced_actor_console::waterfall(spans, 100, false)
}

/// Returns the waterfalls of these spans, without drawn lines. The console crate draws them.
#[cfg(not(feature = "cli"))]
fn waterfall(spans: &[FinishedSpan]) -> String {
    spans.iter().fold(String::new(), |mut to, span| {
        let _ = writeln!(to, "{} {:?}{}", line(span), span.duration(), fields(span));
        to
    })
}

/// Returns the name of a message, and its error.
fn line(span: &FinishedSpan) -> String {
    match &span.error {
        Some(error) => format!("{} ✗ {}", printable(span.name), printable(error)),
        None => printable(span.name),
    }
}

/// Returns the values of the message's own fields.
fn fields(span: &FinishedSpan) -> String {
    let is_own = |name: &str| {
        !["messaging.", "actor.", "sampling.", "error."].iter().any(|prefix| name.starts_with(prefix))
    };
    let own = span.attributes.iter().filter(|(name, _)| is_own(name));
    own.fold(String::new(), |mut to, (name, value)| {
        let _ = write!(to, " {}={}", printable(name), printable(&value.to_string()));
        to
    })
}

/// Returns a text without characters that control a terminal.
fn printable(text: &str) -> String {
    text.chars().map(|character| if character.is_control() { '\u{fffd}' } else { character }).collect()
}
