//! Renders a trace as text: one line for each span, with the wait in the mailbox and the handling drawn to scale.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::time::Duration;

use anstyle::{AnsiColor, Style};

use super::text::{columns, count, cut, duration, harmless, number, weight, wrap};
use super::tree::{Folded, Forest, Item};
use traced_actor::TraceId;
use traced_actor::record::{FinishedSpan, OwnedAttribute};

const PLAIN: Style = Style::new();
const STRONG: Style = Style::new().bold();
const QUIET: Style = Style::new().dimmed();
const WAITED: Style = AnsiColor::Yellow.on_default();
const HANDLED: Style = AnsiColor::Green.on_default();
const FAILED: Style = AnsiColor::Red.on_default();
const LINKED: Style = AnsiColor::Cyan.on_default();

/// The minimum width in columns.
const NARROWEST: usize = 40;
/// The longest text of [`duration`].
const TIME: usize = 7;
/// The space between columns.
const GAP: usize = 2;
/// The maximum number of lines for the text of one error.
const ERROR_LINES: usize = 4;
/// The maximum number of links that are shown for one span.
const LINKS: usize = 3;

/// Draws the traces of these spans as waterfalls, in the order in which the traces occur.
///
/// `width` is the number of columns, at least 40. `color` adds ANSI escapes. Escapes in the texts of spans are not
/// passed on.
///
/// ```text
/// trace 4bf92f3577b34da6a3ce929d0e0e4736 · 1.00 ms · 4 spans
///                                       waited  handled
/// Gateway/Dispatch                               400 µs  ██████████
/// └─ Guild/Post                         250 µs   400 µs        ░░░░░░░██████████
///    │  channel=7 text_len=12 · fan-out: 10 of 10,000 kept
///    ├─ Session/Deliver ×1,000 fanout   150 µs  20.0 µs                ░░░░█
///    └─ Session/Deliver ×1,000 fanout  90.0 µs  20.0 µs                        ░░█
/// ```
///
/// A bar begins with the wait in the mailbox (`░`), from the time at which the message was sent. Then it shows the
/// handling (`█`), which takes at least one column. The span's fields and its error are below its name. A span that was
/// kept with a probability below one shows how many messages it stands for (`×1,000`), and why. Of more than twelve
/// siblings with the same name, ten are drawn and the others are counted.
///
/// The cost is linear in the number of spans, plus sorting them.
pub fn waterfall(spans: &[FinishedSpan], width: usize, color: bool) -> String {
    let mut traces: Vec<Vec<&FinishedSpan>> = Vec::new();
    let mut known: HashMap<TraceId, usize> = HashMap::new();
    for span in spans {
        let at = *known.entry(span.context.trace_id).or_insert(traces.len());
        if at == traces.len() {
            traces.push(Vec::new());
        }
        traces[at].push(span);
    }
    let drawn: Vec<String> = traces.iter().map(|spans| draw(spans, Rest::default(), width, color)).collect();
    drawn.join("\n")
}

/// The parts of a trace that are not among its spans.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Rest {
    /// The number of spans beyond the limit.
    pub(super) cut: usize,
    /// The number of spans that have not ended.
    pub(super) open: usize,
}

/// Draws one trace.
pub(super) fn draw(spans: &[&FinishedSpan], rest: Rest, width: usize, color: bool) -> String {
    let Some(first) = spans.first() else { return String::new() };
    let forest = Forest::new(spans);
    let time = Timeline::of(spans);
    let layout = Layout::new(&forest, width.max(NARROWEST));
    let mut canvas = Canvas { text: String::new(), pending: 0, color };

    let failed = spans.iter().filter(|span| span.error.is_some()).count();
    let mut title = format!(
        "trace {} · {} · {}",
        first.context.trace_id,
        duration(time.length()),
        count(spans.len(), "span")
    );
    if failed > 0 {
        let _ = write!(title, " · {failed} failed");
    }
    for line in wrap(&title, layout.width, 9) {
        canvas.put(STRONG, &line);
        canvas.end_line();
    }
    canvas.pad(layout.name + GAP);
    canvas.put(QUIET, &format!("{:>TIME$}{:GAP$}{:>TIME$}", "waited", "", "handled"));
    canvas.end_line();

    forest.walk(|path, item| match item {
        Item::Span { span, is_orphan, has_children } => {
            draw_span(&mut canvas, &layout, time, path, span, is_orphan);
            draw_notes(&mut canvas, &layout, &layout.continued(path, has_children), span);
        }
        Item::Folded(folded) => {
            canvas.put(QUIET, &layout.branch(path));
            canvas.put(QUIET, &folded_text(&folded));
            if folded.failed > 0 {
                canvas.put(FAILED, &format!(", {} failed", number(folded.failed as u64)));
            }
            canvas.end_line();
        }
    });

    if rest.cut > 0 {
        canvas.line(QUIET, &format!("… and {}", count(rest.cut, "more span")));
    }
    if rest.open > 0 {
        let verb = if rest.open == 1 { "has" } else { "have" };
        canvas.line(QUIET, &format!("… {} {verb} not ended yet", count(rest.open, "span")));
    }
    if forest.has_orphans() {
        canvas.line(QUIET, &format!("{ORPHAN}the parent is not here: remote, still open, or not recorded"));
    }
    canvas.text
}

/// The text that replaces a branch before a span whose parent is missing.
const ORPHAN: &str = "┄─ ";

fn folded_text(folded: &Folded) -> String {
    let mut text = format!("+ {} more {}", number(folded.spans as u64), harmless(folded.name));
    if folded.below > 0 {
        let _ = write!(text, " and {} below", number(folded.below as u64));
    }
    text
}

fn draw_span(
    canvas: &mut Canvas,
    layout: &Layout,
    time: Timeline,
    path: &[bool],
    span: &FinishedSpan,
    is_orphan: bool,
) {
    let failed = span.error.is_some();
    let branch = if is_orphan { ORPHAN.to_owned() } else { layout.branch(path) };
    canvas.put(QUIET, &branch);
    let mut room = layout.name.saturating_sub(columns(&branch));

    let name = harmless(span.name);
    let weight = weight_of(span).map(|weight| format!(" {weight}")).unwrap_or_default();
    let name = cut(&name, room.saturating_sub(columns(&weight)));
    canvas.put(if failed { FAILED } else { PLAIN }, &name);
    canvas.put(LINKED, &weight);
    room = room.saturating_sub(columns(&name) + columns(&weight));
    if !weight.is_empty()
        && let Some(reason) = reason_of(span)
        && columns(&reason) < room
    {
        canvas.put(QUIET, &format!(" {reason}"));
        room -= columns(&reason) + 1;
    }

    canvas.pad(room + GAP);
    let waited = span.wait.map(duration).unwrap_or_default();
    canvas.put(WAITED, &format!("{waited:>TIME$}"));
    canvas.pad(GAP);
    canvas.put(PLAIN, &format!("{:>TIME$}", duration(span.duration())));
    canvas.pad(GAP);

    let bar = time.bar(span, layout.bar);
    canvas.pad(bar.before);
    canvas.put(WAITED, &"░".repeat(bar.waited));
    canvas.put(if failed { FAILED } else { HANDLED }, &"█".repeat(bar.handled));
    canvas.end_line();
}

/// Draws the details of a span below its name.
fn draw_notes(canvas: &mut Canvas, layout: &Layout, indent: &str, span: &FinishedSpan) {
    let room = layout.width.saturating_sub(columns(indent));
    let mut note = |style, text: &str| {
        canvas.put(QUIET, indent);
        canvas.put(style, text);
        canvas.end_line();
    };
    let details = details(span);
    if !details.is_empty() {
        note(QUIET, &cut(&details, room));
    }
    if let Some(error) = &span.error {
        let text = match span.attribute("error.type") {
            Some(OwnedAttribute::Str(kind)) if kind != error => format!("{kind}: {error}"),
            _ => error.clone(),
        };
        for (i, line) in wrap(&harmless(&text), room.saturating_sub(2), ERROR_LINES).iter().enumerate() {
            note(FAILED, &format!("{} {line}", if i == 0 { '✗' } else { ' ' }));
        }
    }
    for link in span.links.iter().take(LINKS) {
        // Enough digits to tell the traces in one terminal apart.
        let id = link.trace_id.to_string();
        note(LINKED, &format!("↪ linked to {}…", &id[..8]));
    }
    if span.links.len() > LINKS {
        note(LINKED, &format!("↪ and {}", count(span.links.len() - LINKS, "more link")));
    }
}

/// Returns the message's own fields, and the notable attributes among the others.
fn details(span: &FinishedSpan) -> String {
    let mut parts = Vec::new();
    let fields: Vec<String> = span
        .attributes
        .iter()
        .filter_map(|(name, value)| {
            let name = match *name {
                "actor.instance" => "instance",
                "error.type" => return None,
                name if ["messaging.", "actor.", "sampling."].iter().any(|ours| name.starts_with(ours)) => {
                    return None;
                }
                name => name,
            };
            Some(harmless(&format!("{name}={value}")).into_owned())
        })
        .collect();
    if !fields.is_empty() {
        parts.push(fields.join(" "));
    }
    if let Some(n) = int(span, "messaging.batch.message_count") {
        parts.push(format!("batch of {}", number(n)));
    }
    if let (Some(size), Some(kept)) =
        (int(span, "sampling.fanout.size"), int(span, "sampling.fanout.selected"))
    {
        parts.push(format!("fan-out: {} of {} kept", number(kept), number(size)));
    }
    parts.join(" · ")
}

fn int(span: &FinishedSpan, name: &str) -> Option<u64> {
    match span.attribute(name) {
        Some(OwnedAttribute::Int(value)) => u64::try_from(*value).ok(),
        _ => None,
    }
}

fn weight_of(span: &FinishedSpan) -> Option<String> {
    match span.attribute("sampling.probability") {
        Some(OwnedAttribute::Float(probability)) => weight(*probability),
        _ => None,
    }
}

fn reason_of(span: &FinishedSpan) -> Option<String> {
    match span.attribute("sampling.reason") {
        Some(OwnedAttribute::Str(reason)) => Some(harmless(reason).into_owned()),
        _ => None,
    }
}

/// The division of the width into columns.
struct Layout {
    width: usize,
    /// The width of a branch and a name.
    name: usize,
    bar: usize,
    /// The widest branch. Deeper ones lose their left part.
    branch: usize,
}

impl Layout {
    /// Creates a layout. Names get the width that they need, at most two thirds of the width that the numbers leave.
    fn new(forest: &Forest<'_>, width: usize) -> Self {
        let room = width - 2 * TIME - 3 * GAP;
        let most = room * 2 / 3;
        let mut needed = 0;
        forest.walk(|path, item| {
            if let Item::Span { span, .. } = item {
                let weight = weight_of(span).map_or(0, |weight| columns(&weight) + 1);
                let reason =
                    if weight > 0 { reason_of(span).map_or(0, |reason| columns(&reason) + 1) } else { 0 };
                needed = needed.max(3 * path.len() + columns(&harmless(span.name)) + weight + reason);
            }
        });
        let name = needed.min(most);
        Self { width, name, bar: room - name, branch: most / 2 }
    }

    /// Returns the branch that leads to an item: `│  └─ `.
    fn branch(&self, path: &[bool]) -> String {
        let Some((last, above)) = path.split_last() else { return String::new() };
        let mut text = self.lines(above);
        text.push_str(if *last { "└─ " } else { "├─ " });
        text
    }

    /// Returns the branch below an item, before a note.
    fn continued(&self, path: &[bool], has_children: bool) -> String {
        let mut text = self.lines(path);
        text.push_str(if has_children { "│  " } else { "   " });
        text
    }

    /// Returns the lines of the continuing branches, as far as there is room for them and one more level.
    fn lines(&self, path: &[bool]) -> String {
        let levels = (self.branch / 3).saturating_sub(1);
        let hidden = path.len().saturating_sub(levels);
        let mut text = String::new();
        for (i, last) in path.iter().enumerate().skip(hidden) {
            text.push_str(match (i == hidden && hidden > 0, last) {
                (true, _) => "…  ",
                (false, true) => "   ",
                (false, false) => "│  ",
            });
        }
        text
    }
}

/// The time from the first message sent to the last one handled, in nanoseconds.
#[derive(Clone, Copy)]
struct Timeline {
    start: u64,
    end: u64,
}

/// A span's part of the timeline, in columns.
#[derive(Debug, PartialEq)]
struct Bar {
    before: usize,
    waited: usize,
    handled: usize,
}

impl Timeline {
    fn of(spans: &[&FinishedSpan]) -> Self {
        let start = spans.iter().map(|span| sent(span)).min().unwrap_or_default();
        let end = spans.iter().map(|span| span.end.unix_nanos()).max().unwrap_or_default();
        Self { start, end: end.max(start) }
    }

    fn length(self) -> Duration {
        Duration::from_nanos(self.end - self.start)
    }

    fn bar(self, span: &FinishedSpan, width: usize) -> Bar {
        let (sent, start) = (self.column(sent(span), width), self.column(span.start.unix_nanos(), width));
        // The handling takes at least one column.
        let start = start.min(width.saturating_sub(1));
        let end = self.column(span.end.unix_nanos(), width).max(start + 1);
        let sent = sent.min(start);
        Bar { before: sent, waited: start - sent, handled: end - start }
    }

    /// Returns the border between columns that is nearest to `nanos`.
    fn column(self, nanos: u64, width: usize) -> usize {
        let length = u128::from(self.end - self.start).max(1);
        let at = u128::from(nanos.saturating_sub(self.start));
        let column = (at * width as u128 + length / 2) / length;
        usize::try_from(column).unwrap_or(width).min(width)
    }
}

/// Returns the time at which the message of the span was sent.
fn sent(span: &FinishedSpan) -> u64 {
    let wait = u64::try_from(span.wait.unwrap_or_default().as_nanos()).unwrap_or(u64::MAX);
    span.start.unix_nanos().saturating_sub(wait)
}

/// Text with styles, and no spaces at the end of a line.
struct Canvas {
    text: String,
    pending: usize,
    color: bool,
}

impl Canvas {
    fn pad(&mut self, columns: usize) {
        self.pending += columns;
    }

    fn put(&mut self, style: Style, text: &str) {
        let visible = text.trim_start_matches(' ');
        self.pending += text.len() - visible.len();
        let text = visible.trim_end_matches(' ');
        let behind = visible.len() - text.len();
        if !text.is_empty() {
            self.text.extend(std::iter::repeat_n(' ', self.pending));
            self.pending = 0;
            if self.color && style != PLAIN {
                let _ = write!(self.text, "{style}{text}{style:#}");
            } else {
                self.text.push_str(text);
            }
        }
        self.pending += behind;
    }

    fn end_line(&mut self) {
        self.pending = 0;
        self.text.push('\n');
    }

    fn line(&mut self, style: Style, text: &str) {
        self.put(style, text);
        self.end_line();
    }
}
