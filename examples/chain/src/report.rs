//! The report of the spans and the logs, and the checks of both.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use traced_actor::TraceId;
use traced_actor::record::{FinishedSpan, OwnedAttribute};
use traced_actor_console::waterfall;

use crate::Failure;

const WIDTH: usize = 100;

/// The attributes in the report. The spans have more.
const SHOWN: [&str; 5] =
    ["node", "post", "db.query.text", "http.response.status_code", "messaging.kafka.offset"];

pub(crate) struct Report {
    pub(crate) spans: Vec<FinishedSpan>,
    /// The number of sent posts, whose ids begin at 1.
    pub(crate) sent: u64,
    /// The number of posts in the database.
    pub(crate) stored: u64,
    /// The post whose trace is shown. If a step is slow, the others wait for it.
    pub(crate) shown: u64,
    pub(crate) old_consumer: bool,
    pub(crate) logs: PathBuf,
}

impl Report {
    /// Returns the report, or an error if a check fails.
    pub(crate) fn text(&self) -> Result<String, Failure> {
        let mut text = String::new();
        if self.old_consumer {
            let cut = self.trace_of("Room/Post", 1)?;
            self.show(&mut text, "A post that the old consumer handled: its trace ends in Kafka", cut);
            let pushed = self.trace_of("POST /push", 1)?;
            self.show(&mut text, "The push of that post: a trace of its own", pushed);
        }
        let whole = self.trace_of("Room/Post", self.shown)?;
        let title = if self.old_consumer {
            "A post that waited in Kafka until the new consumer was there"
        } else {
            "A post, from the browser to the push service"
        };
        self.show(&mut text, title, whole);
        let (slowest, own) = self.slowest(whole).ok_or("the trace has no spans")?;
        let node = attribute(slowest, "node").unwrap_or_default();
        let _ = writeln!(
            text,
            "The most time was spent in {} of {node}: {:.0} ms.\n",
            slowest.name,
            own.as_secs_f64() * 1e3
        );

        let _ = writeln!(text, "## grep {whole} *.log\n");
        text.push_str(&self.grep(whole)?);

        let pushes: BTreeSet<_> =
            self.named("POST /push").filter_map(|span| attribute(span, "post")).collect();
        let _ = writeln!(text, "\n## Totals\n");
        let _ =
            writeln!(text, "posts    {} sent, {} stored, {} pushed", self.sent, self.stored, pushes.len());
        let traces: BTreeSet<_> =
            self.named("Room/Post").map(|span| span.context.trace_id.to_string()).collect();
        let whole = self
            .named("POST /push")
            .filter(|span| traces.contains(&span.context.trace_id.to_string()))
            .count();
        let _ = writeln!(text, "traces   {} of posts, {whole} of them from end to end", traces.len());
        if self.stored != self.sent || pushes.len() as u64 != self.sent {
            return Err(format!("a post is lost:\n{text}").into());
        }
        Ok(text)
    }

    fn named(&self, name: &str) -> impl Iterator<Item = &FinishedSpan> {
        self.spans.iter().filter(move |span| span.name == name)
    }

    /// Returns the trace that contains a span with this name for this post.
    fn trace_of(&self, name: &str, post: u64) -> Result<TraceId, Failure> {
        let post = post.to_string();
        let found = self.named(name).find(|span| attribute(span, "post").as_ref() == Some(&post));
        Ok(found.ok_or_else(|| format!("no {name} of post {post}"))?.context.trace_id)
    }

    fn of(&self, trace: TraceId) -> impl Iterator<Item = &FinishedSpan> {
        self.spans.iter().filter(move |span| span.context.trace_id == trace)
    }

    fn show(&self, text: &mut String, title: &str, trace: TraceId) {
        let shown = |span: &FinishedSpan| {
            let mut span = span.clone();
            span.attributes.retain(|(name, _)| SHOWN.contains(name));
            span
        };
        let spans: Vec<FinishedSpan> = self.of(trace).map(shown).collect();
        let _ = writeln!(text, "## {title}\n\n{}", waterfall(&spans, WIDTH, true));
    }

    /// Returns the span with the most time that is not covered by its children.
    fn slowest(&self, trace: TraceId) -> Option<(&FinishedSpan, Duration)> {
        let own = |span: &FinishedSpan| {
            let overlap = |child: &FinishedSpan| {
                let (start, end) = (child.start.max(span.start), child.end.min(span.end));
                end.unix_nanos().saturating_sub(start.unix_nanos())
            };
            let below: u64 =
                self.of(trace).filter(|child| child.parent == Some(span.context.span_id)).map(overlap).sum();
            let all = span.end.unix_nanos().saturating_sub(span.start.unix_nanos());
            Duration::from_nanos(all.saturating_sub(below))
        };
        self.of(trace).map(|span| (span, own(span))).max_by_key(|(_, own)| *own)
    }

    /// Returns the lines of all logs with the id of the trace.
    fn grep(&self, trace: TraceId) -> Result<String, Failure> {
        let mut files: Vec<_> = fs::read_dir(&self.logs)?.collect::<Result<_, _>>()?;
        files.sort_by_key(fs::DirEntry::file_name);
        let mut lines = String::new();
        let trace = trace.to_string();
        for file in files.iter().filter(|file| file.path().extension().is_some_and(|end| end == "log")) {
            let log = fs::read_to_string(file.path())?;
            for line in log.lines().filter(|line| line.contains(&trace)) {
                let _ = writeln!(lines, "{}: {line}", file.file_name().display());
            }
        }
        Ok(lines)
    }
}

fn attribute(span: &FinishedSpan, name: &str) -> Option<String> {
    span.attribute(name).map(OwnedAttribute::to_string)
}
