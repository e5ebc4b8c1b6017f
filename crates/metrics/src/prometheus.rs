//! A snapshot as a page of text, which Prometheus and others read: the `OpenMetrics` format, version 1.0.0.
//!
//! <https://prometheus.io/docs/specs/om/open_metrics_spec/>

use std::fmt::{self, Display, Write};

use crate::histogram::{Histogram, SCALE};
use crate::snapshot::{ActorStats, Exemplar, KindStats, SendStats, Snapshot};

/// The content type of the page that [`Snapshot::open_metrics`] returns.
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Returns the bounds of the buckets, as powers of two of a second: up to seventeen minutes.
fn powers() -> impl Iterator<Item = i32> {
    (-24..=10).step_by(2)
}

impl Snapshot {
    /// Returns a page in the `OpenMetrics` text format.
    ///
    /// Histograms have exemplars: the trace ids of handlings whose span was kept. Serve it with [`CONTENT_TYPE`].
    ///
    /// Where one in several messages is timed, the counts of a histogram are multiplied by that number.
    pub fn open_metrics(&self) -> String {
        let mut page = Page(String::new());
        self.write_handlings(&mut page);
        self.write_mailboxes(&mut page);
        self.write_sends(&mut page);
        self.write_overflow(&mut page);
        page.0.push_str("# EOF\n");
        page.0
    }

    fn write_handlings(&self, page: &mut Page) {
        let of =
            |stats: &KindStats| labels(&[("actor_name", &stats.actor), ("actor_message_kind", &stats.kind)]);
        page.family(
            "messaging_client_consumed_messages",
            "counter",
            "",
            "Messages whose handling has ended.",
        );
        for stats in &self.kinds {
            page.sample("messaging_client_consumed_messages_total", &of(stats), stats.messages);
        }
        page.family("actor_running_handlings", "gauge", "", "Handlings that run now.");
        for stats in &self.kinds {
            page.sample("actor_running_handlings", &of(stats), stats.running);
        }
        page.family("actor_failures", "counter", "", "Handlings that failed, by type of the error.");
        for stats in &self.kinds {
            for (error, count) in &stats.errors {
                let of = [
                    ("actor_name", &stats.actor),
                    ("actor_message_kind", &stats.kind),
                    ("error_type", error),
                ];
                page.sample("actor_failures_total", &labels(&of), *count);
            }
        }
        let process = "messaging_process_duration_seconds";
        page.family(process, "histogram", "seconds", "Time from the receive to the end of the handler.");
        for stats in &self.kinds {
            page.histogram(process, &of(stats), &stats.handling, self.timed_one_in, &stats.exemplars);
        }
        let wait = "actor_mailbox_time_seconds";
        page.family(wait, "histogram", "seconds", "Time from the send to the receive.");
        for stats in &self.kinds {
            page.histogram(wait, &of(stats), &stats.wait, self.timed_one_in, &[]);
        }
    }

    fn write_mailboxes(&self, page: &mut Page) {
        let mut of_actors = |name: &str, kind: &str, help: &str, value: fn(&ActorStats) -> f64| {
            page.family(name, kind, if name.ends_with("_seconds") { "seconds" } else { "" }, help);
            let sample = if kind == "counter" { format!("{name}_total") } else { name.to_owned() };
            for stats in &self.actors {
                page.sample(&sample, &labels(&[("actor_name", &stats.actor)]), value(stats));
            }
        };
        of_actors("actor_mailboxes", "gauge", "Mailboxes.", |stats| count(stats.mailboxes));
        of_actors("actor_mailbox_size", "gauge", "Messages in all mailboxes.", |stats| count(stats.depth));
        of_actors("actor_mailbox_size_max", "gauge", "Messages in the fullest mailbox.", |stats| {
            count(stats.deepest)
        });
        of_actors("actor_mailbox_capacity", "gauge", "Capacity of all bounded mailboxes.", |stats| {
            count(stats.capacity)
        });
        of_actors("actor_mailbox_full", "gauge", "Bounded mailboxes without room.", |stats| {
            count(stats.full)
        });
        of_actors(
            "actor_mailbox_oldest_seconds",
            "gauge",
            "Least time that the oldest message has waited.",
            |stats| stats.oldest_wait_seconds,
        );
        of_actors("actor_dead_letters", "counter", "Messages left in a mailbox at its end.", |stats| {
            count(stats.dead_letters)
        });
        of_actors("actor_started", "counter", "Actors that started.", |stats| count(stats.started));
        of_actors("actor_restarted", "counter", "Panics after which an actor went on.", |stats| {
            count(stats.restarted)
        });
        of_actors("actor_ended", "counter", "Actors that ended without a panic.", |stats| count(stats.ended));
        of_actors("actor_panicked", "counter", "Actors that ended with a panic.", |stats| {
            count(stats.panicked)
        });
    }

    fn write_sends(&self, page: &mut Page) {
        let of = |stats: &SendStats| {
            labels(&[("actor_message_type", &stats.message_type), ("actor_message_kind", &stats.kind)])
        };
        page.family("messaging_client_sent_messages", "counter", "", "Attempts to send a message.");
        for stats in &self.sends {
            page.sample("messaging_client_sent_messages_total", &of(stats), stats.attempts);
        }
        page.family("actor_send_failures", "counter", "", "Sends that failed, by reason.");
        for stats in &self.sends {
            for (reason, count) in &stats.failed {
                let (of, kind) = (&stats.message_type, &stats.kind);
                let of = [("actor_message_type", of), ("actor_message_kind", kind), ("error_type", reason)];
                page.sample("actor_send_failures_total", &labels(&of), *count);
            }
        }
        let wait = "actor_send_wait_seconds";
        page.family(wait, "histogram", "seconds", "Time that successful sends waited for room.");
        for stats in self.sends.iter().filter(|stats| stats.waited.count > 0) {
            page.histogram(wait, &of(stats), &stats.waited, 1, &[]);
        }
        page.family("actor_asks_waiting", "gauge", "", "Asks that wait for an answer.");
        page.sample("actor_asks_waiting", "", self.asks.waiting);
        page.family("actor_asks", "counter", "", "Asks that ended, by how they did.");
        let asks = &self.asks;
        for (end, count) in [
            ("answered", asks.answered),
            ("no_reply", asks.no_reply),
            ("timeout", asks.timeout),
            ("closed", asks.closed),
            ("cancelled", asks.cancelled),
        ] {
            page.sample("actor_asks_total", &labels(&[("outcome", end)]), count);
        }
    }

    fn write_overflow(&self, page: &mut Page) {
        let help = "What did not fit into a bound of the metrics.";
        page.family("actor_metrics_overflow", "counter", "", help);
        let overflow = &self.overflow;
        for (bound, count) in [
            ("messages", overflow.messages),
            ("handlings", overflow.handlings),
            ("asks", overflow.asks),
            ("mailboxes", overflow.mailboxes),
            ("timings", overflow.timings),
        ] {
            page.sample("actor_metrics_overflow_total", &labels(&[("bound", bound)]), count);
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "a page has numbers with 53 bits")]
fn count(count: u64) -> f64 {
    count as f64
}

struct Page(String);

impl Page {
    fn family(&mut self, name: &str, kind: &str, unit: &str, help: &str) {
        self.line(format_args!("# TYPE {name} {kind}"));
        if !unit.is_empty() {
            self.line(format_args!("# UNIT {name} {unit}"));
        }
        self.line(format_args!("# HELP {name} {help}"));
    }

    fn sample(&mut self, name: &str, labels: &str, value: impl Display) {
        if labels.is_empty() {
            self.line(format_args!("{name} {value}"));
        } else {
            self.line(format_args!("{name}{{{labels}}} {value}"));
        }
    }

    fn histogram(&mut self, name: &str, labels: &str, of: &Histogram, every: u32, exemplars: &[Exemplar]) {
        let every = u64::from(every.max(1));
        let mut buckets = of.buckets.iter().peekable();
        let mut below = 0;
        let mut last = i32::MIN;
        for power in powers() {
            // A bucket of ours that ends at the bound, or below it.
            while let Some(bucket) = buckets.next_if(|bucket| bucket.index < power << SCALE) {
                below += bucket.count;
            }
            let line = format_args!(
                "{name}_bucket{{{labels},le=\"{}\"}} {}",
                f64::from(power).exp2(),
                below * every
            );
            self.with_exemplar(line, exemplars, last, power);
            last = power;
        }
        let line = format_args!("{name}_bucket{{{labels},le=\"+Inf\"}} {}", of.count * every);
        self.with_exemplar(line, exemplars, last, i32::MAX);
        self.line(format_args!("{name}_count{{{labels}}} {}", of.count * every));
        let sum = of.sum().as_secs_f64() * f64::from(u32::try_from(every).unwrap_or(u32::MAX));
        self.line(format_args!("{name}_sum{{{labels}}} {sum}"));
    }

    /// Writes the line of a bucket, with the latest exemplar in it.
    fn with_exemplar(&mut self, line: fmt::Arguments<'_>, exemplars: &[Exemplar], above: i32, until: i32) {
        let within = exemplars.iter().filter(|one| one.power_of_two > above && one.power_of_two <= until);
        let latest = within.max_by(|one, other| one.unix_seconds.total_cmp(&other.unix_seconds));
        match latest {
            None => self.line(line),
            Some(Exemplar { trace_id, span_id, seconds, unix_seconds, .. }) => self.line(format_args!(
                "{line} # {{trace_id=\"{trace_id}\",span_id=\"{span_id}\"}} {seconds} {unix_seconds:.3}"
            )),
        }
    }

    fn line(&mut self, line: fmt::Arguments<'_>) {
        // A `String` takes everything.
        let _ = writeln!(self.0, "{line}");
    }
}

/// Returns labels, their values escaped.
fn labels<T: AsRef<str>>(all: &[(&str, T)]) -> String {
    let mut text = String::new();
    for (name, value) in all {
        if !text.is_empty() {
            text.push(',');
        }
        text.push_str(name);
        text.push_str("=\"");
        for one in value.as_ref().chars() {
            match one {
                '\\' => text.push_str("\\\\"),
                '"' => text.push_str("\\\""),
                '\n' => text.push_str("\\n"),
                one => text.push(one),
            }
        }
        text.push('"');
    }
    text
}
