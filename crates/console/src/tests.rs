//! Whole pictures, from spans made by hand.

use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use super::collect::{Collector, Limits};
use super::render::{Rest, draw};
use super::{ConsoleBuilder, waterfall};
use traced_actor::context::Timestamp;
use traced_actor::record::{FinishedSpan, OwnedAttribute};
use traced_actor::{SpanId, TraceContext, TraceFlags, TraceId};

const TRACE: u128 = 0x4bf9_2f35_77b3_4da6_a3ce_929d_0e0e_4736;
/// When the tests' traces begin, in nanoseconds since the epoch.
const BEGIN: u64 = 1_700_000_000_000_000_000;

fn context(trace: u128, id: u64) -> TraceContext {
    TraceContext::new(TraceId::new(trace).unwrap(), SpanId::new(id).unwrap(), TraceFlags::SAMPLED)
}

/// A root that is handled from `start` to `end`, in microseconds.
fn span(id: u64, name: &'static str, start: u64, end: u64) -> FinishedSpan {
    let at = |micros: u64| Timestamp::from_unix_nanos(BEGIN + micros * 1_000);
    FinishedSpan::new(context(TRACE, id), name, at(start), at(end))
}

/// Spans that are made by hand, part by part.
trait Sketch: Sized {
    fn below(self, parent: u64) -> Self;
    fn waited(self, micros: u64) -> Self;
    fn with(self, name: &'static str, value: impl Into<OwnedAttribute>) -> Self;
    fn failed(self, kind: &str, words: &str) -> Self;
    fn linked(self, trace: u128) -> Self;
}

impl Sketch for FinishedSpan {
    fn below(mut self, parent: u64) -> Self {
        self.parent = SpanId::new(parent);
        self
    }

    fn waited(mut self, micros: u64) -> Self {
        self.wait = Some(Duration::from_micros(micros));
        self
    }

    fn with(mut self, name: &'static str, value: impl Into<OwnedAttribute>) -> Self {
        self.attributes.push((name, value.into()));
        self
    }

    fn failed(self, kind: &str, words: &str) -> Self {
        let mut failed = self.with("error.type", kind);
        failed.error = Some(words.to_owned());
        failed
    }

    fn linked(mut self, trace: u128) -> Self {
        self.links.push(context(trace, 1));
        self
    }
}

#[track_caller]
fn assert_picture(spans: &[FinishedSpan], width: usize, picture: &str) {
    let drawn = waterfall(spans, width, false);
    assert_eq!(drawn, picture, "drawn:\n{drawn}\nexpected:\n{picture}");
    for line in drawn.lines() {
        assert!(super::text::columns(line) <= width, "{line}");
    }
}

/// A post: 1,000 µs in all.
fn post() -> Vec<FinishedSpan> {
    let deliver = |id, start, end, waited| {
        span(id, "Session/Deliver", start, end)
            .below(2)
            .waited(waited)
            .with("sampling.reason", "fanout")
            .with("sampling.probability", 0.001)
    };
    vec![
        // In the order in which they end.
        span(1, "Gateway/Dispatch", 0, 400).with("messaging.system", "traced_actor"),
        deliver(3, 700, 720, 150),
        span(2, "Guild/Post", 500, 900)
            .below(1)
            .waited(250)
            .with("actor.name", "Guild")
            .with("channel", 7)
            .with("text_len", 12)
            .with("sampling.fanout.size", 10_000)
            .with("sampling.fanout.selected", 10),
        deliver(4, 980, 1_000, 90),
    ]
}

/// Names need 35 columns (6 + 15 + 7 + 7), so 80 - 35 - 20 = 25 are left for bars: 40 µs each.
#[test]
fn a_post_end_to_end() {
    assert_picture(
        &post(),
        80,
        "\
trace 4bf92f3577b34da6a3ce929d0e0e4736 · 1.00 ms · 4 spans
                                      waited  handled
Gateway/Dispatch                               400 µs  ██████████
└─ Guild/Post                         250 µs   400 µs        ░░░░░░░██████████
   │  channel=7 text_len=12 · fan-out: 10 of 10,000 kept
   ├─ Session/Deliver ×1,000 fanout   150 µs  20.0 µs                ░░░░█
   └─ Session/Deliver ×1,000 fanout  90.0 µs  20.0 µs                        ░░█
",
    );
}

/// Names get 26 columns, two thirds of 40, and bars 14.
#[test]
fn a_narrow_terminal_cuts_names_and_keeps_weights() {
    assert_picture(
        &post(),
        60,
        "\
trace 4bf92f3577b34da6a3ce929d0e0e4736 · 1.00 ms · 4 spans
                             waited  handled
Gateway/Dispatch                      400 µs  ██████
└─ Guild/Post                250 µs   400 µs      ░░░██████
   │  channel=7 text_len=12 · fan-out: 10 of 10,000 kept
   ├─ Session/Deli… ×1,000   150 µs  20.0 µs          ░░█
   └─ Session/Deli… ×1,000  90.0 µs  20.0 µs              ░█
",
    );
    assert_eq!(waterfall(&post(), 0, false), waterfall(&post(), 40, false));
}

#[test]
fn a_long_error_is_wrapped_and_cut_at_four_lines() {
    let words = "no such channel: 1093847562".to_owned() + &", tried again in vain".repeat(20);
    assert_picture(
        &[
            span(1, "Gateway/Dispatch", 0, 100),
            span(2, "Guild/Post", 100, 200).below(1).waited(50).failed("guild::Error", &words),
            span(3, "Audit/Write", 150, 160).below(2).failed("panic", "panic"),
        ],
        60,
        "\
trace 4bf92f3577b34da6a3ce929d0e0e4736 · 200 µs · 3 spans ·
2 failed
                    waited  handled
Gateway/Dispatch             100 µs  ████████████
└─ Guild/Post      50.0 µs   100 µs        ░░░░░░███████████
   │  ✗ guild::Error: no such channel: 1093847562, tried
   │    again in vain, tried again in vain, tried again in
   │    vain, tried again in vain, tried again in vain,
   │    tried again in vain, tried again in vain, tried aga…
   └─ Audit/Write           10.0 µs                   █
         ✗ panic
",
    );
}

#[test]
fn names_of_any_script_are_measured_in_columns() {
    assert_picture(
        &[
            span(1, "Gilde/Beiträge", 0, 500),
            span(2, "ギルド/投稿", 500, 1_000).below(1).waited(100).with("作者", "さくら"),
        ],
        60,
        "\
trace 4bf92f3577b34da6a3ce929d0e0e4736 · 1.00 ms · 2 spans
                 waited  handled
Gilde/Beiträge            500 µs  █████████████
└─ ギルド/投稿   100 µs   500 µs            ░░░█████████████
      作者=さくら
",
    );
}

#[test]
fn what_takes_no_time_is_seen() {
    assert_picture(
        &[span(1, "Clock/Tick", 0, 0), span(2, "Guild/Tick", 0, 0).below(1).waited(0)],
        60,
        "\
trace 4bf92f3577b34da6a3ce929d0e0e4736 · 0 ns · 2 spans
                waited  handled
Clock/Tick                 0 ns  █
└─ Guild/Tick     0 ns     0 ns  █
",
    );
    assert_eq!(waterfall(&[], 80, false), "");
}

/// The clocks of two machines differ, and a message cannot have been sent before the epoch.
#[test]
fn a_child_may_start_before_its_parent() {
    let mut early = span(3, "Relay/Send", 0, 0);
    (early.start, early.end) = (Timestamp::from_unix_nanos(10), Timestamp::from_unix_nanos(20));
    assert_picture(
        &[span(1, "Gateway/Dispatch", 500, 1_000), span(2, "Guild/Post", 0, 250).below(1)],
        60,
        "\
trace 4bf92f3577b34da6a3ce929d0e0e4736 · 1.00 ms · 2 spans
                   waited  handled
Gateway/Dispatch            500 µs              ████████████
└─ Guild/Post               250 µs  ██████
",
    );
    assert_picture(
        &[early.waited(1_000), span(1, "Gateway/Dispatch", 0, 1_000)],
        60,
        "\
trace 4bf92f3577b34da6a3ce929d0e0e4736 · 472222 h · 2 spans
                   waited  handled
Relay/Send        1.00 ms    10 ns  █
Gateway/Dispatch           1.00 ms                         █
",
    );
}

#[test]
fn links_batches_instances_and_ratios_are_named() {
    let mut batch = span(1, "Store/batch", 0, 100)
        .with("actor.instance", "store-3")
        .with("messaging.batch.message_count", 12)
        .with("sampling.reason", "ratio")
        .with("sampling.probability", 0.25);
    for trace in 1..=5 {
        batch = batch.linked(TRACE + trace);
    }
    assert_picture(
        &[batch],
        60,
        "\
trace 4bf92f3577b34da6a3ce929d0e0e4736 · 100 µs · 1 span
                       waited  handled
Store/batch ×4 ratio            100 µs  ████████████████████
   instance=store-3 · batch of 12
   ↪ linked to 4bf92f35…
   ↪ linked to 4bf92f35…
   ↪ linked to 4bf92f35…
   ↪ and 2 more links
",
    );
}

#[test]
fn orphans_circles_and_duplicates_are_drawn_once() {
    assert_picture(
        &[
            span(1, "Guild/Post", 0, 100).below(77),     // its parent is elsewhere
            span(2, "Self/Call", 10, 20).below(2),       // its own parent
            span(3, "Ping/Ping", 30, 40).below(4),       // a circle of two,
            span(4, "Pong/Pong", 40, 50).below(3),       // and
            span(5, "Session/Deliver", 45, 60).below(4), // something that hangs on it
            span(5, "Session/Deliver", 70, 80).below(1), // the same id again
            span(6, "Socket/Write", 60, 70).below(5),    // a child of the first of the two
        ],
        80,
        "\
trace 4bf92f3577b34da6a3ce929d0e0e4736 · 100 µs · 7 spans
                        waited  handled
┄─ Guild/Post                    100 µs  ███████████████████████████████████████
   └─ Session/Deliver           10.0 µs                             ████
┄─ Self/Call                    10.0 µs      ████
┄─ Pong/Pong                    10.0 µs                  ████
   ├─ Ping/Ping                 10.0 µs              ████
   └─ Session/Deliver           15.0 µs                    █████
      └─ Socket/Write           10.0 µs                         ████
┄─ the parent is not here: remote, still open, or not recorded
",
    );
}

#[test]
fn many_siblings_are_folded_and_counted() {
    let mut spans = vec![span(1, "Guild/Post", 0, 1_000)];
    for i in 0..1_000 {
        let deliver = span(100 + i, "Session/Deliver", i, i + 1).below(1);
        spans.push(if i >= 998 { deliver.failed("Closed", "closed") } else { deliver });
    }
    spans.push(span(2, "Socket/Write", 995, 996).below(100 + 994));
    for i in 0..12 {
        spans.push(span(10 + i, "Audit/Write", 0, 1).below(1));
    }
    let drawn = waterfall(&spans, 80, false);
    let lines: Vec<&str> = drawn.lines().collect();
    assert_eq!(lines.len(), 2 + 1 + 10 + 12 + 1);
    assert_eq!(lines[0], "trace 4bf92f3577b34da6a3ce929d0e0e4736 · 1.00 ms · 1,014 spans · 2 failed");
    assert_eq!(lines[lines.len() - 1], "└─ + 990 more Session/Deliver and 1 below, 2 failed");
}

/// A long chain, as in a trace without a hop limit: a line does not repeat the lines above it.
#[test]
fn a_deep_chain_keeps_its_names() {
    let spans: Vec<_> = (1..=100_000).map(|i| span(i, "Ring/Pass", i, i + 1).below(i - 1)).collect();
    let drawn = waterfall(&spans, 80, false);
    let lines: Vec<&str> = drawn.lines().collect();
    assert_eq!(lines.len(), 100_000 + 2);
    assert!(lines[2 + 6].starts_with("               └─ Ring/Pass "), "{}", lines[8]);
    assert!(lines[2 + 7].starts_with("…              └─ Ring/Pass "), "{}", lines[9]);
    assert!(lines[100_001].starts_with("…              └─ Ring/Pass "), "{}", lines[100_001]);
}

#[test]
fn no_text_of_a_span_reaches_the_terminal_as_a_command() {
    let spans = [span(1, "Evil\u{1b}[2J/Post", 0, 1)
        .with("field", "\u{9b}31m\nforged line")
        .with("sampling.reason", "\u{1b}]0;title\u{7}")
        .with("sampling.probability", 0.5)
        .failed("Kind\u{7}", "\u{1b}]8;;http://example.com\u{7}click")];
    let drawn = waterfall(&spans, 120, false);
    assert!(drawn.chars().all(|c| c == '\n' || !c.is_control()), "{drawn:?}");
    assert_eq!(drawn.lines().count(), 5);
}

#[test]
fn colour_changes_nothing_but_the_colour() {
    let spans = [
        span(1, "Guild/Post", 0, 100).waited(50).failed("guild::Error", "no such channel"),
        span(2, "Session/Deliver", 90, 100).below(1).with("sampling.probability", 0.1),
    ];
    let plain = waterfall(&spans, 80, false);
    let color = waterfall(&spans, 80, true);
    assert_ne!(plain, color);
    assert!(color.contains("\u{1b}[31m✗ guild::Error: no such channel\u{1b}[0m"), "{color}");
    assert_eq!(anstream::adapter::strip_str(&color).to_string(), plain);
}

#[test]
fn every_trace_has_its_own_picture() {
    let mut other = span(9, "Gateway/Dispatch", 0, 1);
    other.context = context(1, 9);
    let (first, second) = (span(1, "Guild/Post", 0, 1), span(2, "Session/Deliver", 1, 2).below(1));
    let together = waterfall(&[first.clone(), other.clone(), second.clone()], 80, false);
    assert_eq!(together, waterfall(&[first, second], 80, false) + "\n" + &waterfall(&[other], 80, false));
}

#[test]
fn what_is_not_shown_is_said() {
    let span = span(1, "Guild/Post", 0, 1);
    let drawn = draw(&[&span], Rest { cut: 1_234, open: 1 }, 80, false);
    let lines: Vec<&str> = drawn.lines().skip(3).collect();
    assert_eq!(lines, ["… and 1,234 more spans", "… 1 span has not ended yet"]);
}

// ===== the collector =====

const LIMITS: Limits =
    Limits { traces: 2, spans: 3, quiet: Duration::from_millis(200), patience: Duration::from_secs(10) };

fn in_trace(trace: u128, id: u64) -> FinishedSpan {
    let mut span = span(id, "Guild/Post", 0, 1);
    span.context = context(trace, id);
    span
}

fn trace(id: u128) -> TraceId {
    TraceId::new(id).unwrap()
}

#[test]
fn a_trace_is_printed_when_it_is_quiet_and_nothing_is_open() {
    let begin = Instant::now();
    let at = |millis| begin + Duration::from_millis(millis);
    let mut collector = Collector::new(LIMITS);
    assert_eq!(collector.started(trace(1), at(0)), None);
    assert_eq!(collector.started(trace(1), at(1)), None);
    assert_eq!(collector.finished(in_trace(1, 2), at(2)), None);
    assert_eq!(collector.due(at(5_000)), []); // the other span is open
    assert_eq!(collector.finished(in_trace(1, 1), at(6_000)), None);
    assert_eq!(collector.due(at(6_199)), []);
    let due = collector.due(at(6_200));
    assert_eq!(due.len(), 1);
    assert_eq!((due[0].spans.len(), due[0].rest), (2, Rest::default()));
    assert!(collector.is_empty());
}

#[test]
fn a_trace_that_stays_open_is_printed_in_parts() {
    let begin = Instant::now();
    let at = |seconds| begin + Duration::from_secs(seconds);
    let mut collector = Collector::new(LIMITS);
    collector.started(trace(1), at(0));
    assert_eq!(collector.due(at(60)), []); // nothing has ended yet
    collector.started(trace(1), at(60));
    collector.finished(in_trace(1, 2), at(61));
    assert_eq!(collector.due(at(70)), []);
    let first = collector.due(at(71));
    assert_eq!((first[0].spans.len(), first[0].rest), (1, Rest { cut: 0, open: 1 }));
    collector.finished(in_trace(1, 1), at(72));
    let second = collector.due(at(73));
    assert_eq!((second[0].spans.len(), second[0].rest), (1, Rest::default()));
    assert!(collector.is_empty());
}

#[test]
fn spans_beyond_the_limit_are_counted_and_traces_beyond_it_printed() {
    let now = Instant::now();
    let mut collector = Collector::new(LIMITS);
    for id in 1..=5 {
        assert_eq!(collector.finished(in_trace(1, id), now), None);
    }
    collector.finished(in_trace(2, 1), now + Duration::from_millis(1));
    let evicted = collector.finished(in_trace(3, 1), now + Duration::from_millis(2)).unwrap();
    assert_eq!((evicted.spans.len(), evicted.rest), (3, Rest { cut: 2, open: 0 }));
    let rest: Vec<_> = collector.all().into_iter().map(|trace| trace.spans[0].context.trace_id).collect();
    assert_eq!(rest, [trace(2), trace(3)]);
}

// ===== the thread =====

#[derive(Clone, Default)]
pub(crate) struct Output(Arc<Mutex<Vec<u8>>>);

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Output {
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

#[test]
fn flush_waits_until_everything_is_printed() {
    let output = Output::default();
    let (console, exporter) = ConsoleBuilder::new().writer(output.clone()).start().unwrap();
    for span in post() {
        exporter.queue.put(super::Event::Finished(Box::new(span)));
    }
    console.flush();
    assert_eq!(output.text(), waterfall(&post(), 80, false) + "\n");
    assert_eq!(console.dropped(), 0);
}

#[test]
fn a_flood_is_dropped_counted_and_spoken_of_and_blocks_nobody() {
    /// Prints nothing before the test lets it.
    struct Stuck(Output, std::sync::mpsc::Receiver<()>);
    impl Write for Stuck {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            let _ = self.1.recv();
            self.0.write(bytes)
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    let output = Output::default();
    let (release, stuck) = std::sync::mpsc::channel();
    let (console, exporter) = ConsoleBuilder::new().writer(Stuck(output.clone(), stuck)).start().unwrap();
    for i in 1..=50_000_u128 {
        exporter.queue.put(super::Event::Finished(Box::new(in_trace(i, 1))));
    }
    let dropped = console.dropped();
    // The queue and the collector hold what they hold; the rest is gone.
    assert!((50_000 - 16_384 - 1_100..50_000 - 16_384).contains(&dropped), "{dropped}");
    drop(release);
    console.flush();
    let printed = output.text().matches("· 1 span\n").count() as u64;
    assert_eq!(printed + dropped, 50_000);
    let spoken = output
        .text()
        .lines()
        .filter_map(|line| {
            let (lost, _) = line.strip_prefix("console: ")?.split_once(" span")?;
            lost.replace(',', "").parse::<u64>().ok()
        })
        .sum::<u64>();
    assert_eq!(spoken, dropped);
}

#[test]
fn the_thread_prints_what_is_left_when_nobody_can_send_any_more() {
    let output = Output::default();
    let (console, exporter) = ConsoleBuilder::new().writer(output.clone()).start().unwrap();
    exporter.queue.put(super::Event::Finished(Box::new(span(1, "Guild/Post", 0, 1))));
    drop(console);
    assert!(output.text().contains("Guild/Post"));
    drop(exporter);
}
