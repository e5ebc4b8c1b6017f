//! Renders a snapshot as a page in the `OpenMetrics` text format, version 1.0.0, for Prometheus and others.
//!
//! <https://prometheus.io/docs/specs/om/open_metrics_spec/>

use std::fmt::{self, Display, Write};

use crate::families::{FAMILIES, HISTOGRAMS, Labels, Value};
use crate::histogram::{Histogram, SCALE};
use crate::snapshot::{Exemplar, Snapshot};

/// The content type of the page that [`Snapshot::open_metrics`] returns.
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Returns the bounds of the buckets, as exponents of powers of two of a second, up to seventeen minutes.
fn powers() -> impl Iterator<Item = i32> {
    (-24..=10).step_by(2)
}

impl Snapshot {
    /// Returns a page in the `OpenMetrics` text format.
    ///
    /// Histograms have exemplars: the trace ids of handlings with a kept span. Serve the page with [`CONTENT_TYPE`].
    ///
    /// If only one in several messages is timed, the counts of a histogram are multiplied by that number.
    pub fn open_metrics(&self) -> String {
        let mut page = Page(String::new());
        for family in FAMILIES {
            let name = page.family(
                family.name,
                if family.is_counter { "counter" } else { "gauge" },
                family.unit,
                family.help,
            );
            let name = if family.is_counter { format!("{name}_total") } else { name };
            (family.points)(self, &mut |labels, value| match value {
                Value::Whole(value) => page.sample(&name, &text_of(labels), value),
                Value::Seconds(value) => page.sample(&name, &text_of(labels), value),
            });
        }
        for family in HISTOGRAMS {
            let name = page.family(family.name, "histogram", "s", family.help);
            (family.points)(self, &mut |labels, histogram, every, exemplars| {
                page.histogram(&name, &text_of(labels), histogram, every, exemplars);
            });
        }
        page.0.push_str("# EOF\n");
        page.0
    }
}

struct Page(String);

impl Page {
    /// Declares a family. Returns its name on the page, which has no dots and ends with the unit.
    fn family(&mut self, name: &str, kind: &str, unit: &str, help: &str) -> String {
        let unit = if unit == "s" { "seconds" } else { "" };
        let mut name = name.replace('.', "_");
        if !unit.is_empty() {
            name = format!("{name}_{unit}");
        }
        self.line(format_args!("# TYPE {name} {kind}"));
        if !unit.is_empty() {
            self.line(format_args!("# UNIT {name} {unit}"));
        }
        self.line(format_args!("# HELP {name} {help}"));
        name
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
            // A bucket of the histogram that ends at the bound, or below it.
            while let Some(bucket) = buckets.next_if(|bucket| bucket.index < power << SCALE) {
                below += bucket.count;
            }
            let bound = number(f64::from(power).exp2());
            let line = format_args!("{name}_bucket{{{labels},le=\"{bound}\"}} {}", below * every);
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
        // Writing to a `String` does not fail.
        let _ = writeln!(self.0, "{line}");
    }
}

/// Returns the text of a bound. The specification has a point in each: readers compare bounds as texts.
fn number(bound: f64) -> String {
    if bound.fract() == 0.0 { format!("{bound:.1}") } else { bound.to_string() }
}

/// Returns the text of labels, with escaped values.
fn text_of(labels: &Labels<'_>) -> String {
    let mut text = String::new();
    for (name, value) in labels {
        if !text.is_empty() {
            text.push(',');
        }
        text.push_str(&name.replace('.', "_"));
        text.push_str("=\"");
        for one in value.chars() {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::KindStats;

    #[test]
    fn values_of_labels_are_escaped_and_stay_on_their_line() {
        let labels = [("actor.name", "гильдия \"1\"\\"), ("error.type", "one\ntwo\u{1f980}{}=,")];
        let expected = r#"actor_name="гильдия \"1\"\\",error_type="one\ntwo🦀{}=,""#;
        assert_eq!(text_of(&labels), expected);
        assert_eq!(text_of(&[]), "");
    }

    #[test]
    fn a_bound_has_a_point() {
        let bounds: Vec<String> = powers().map(|power| number(f64::from(power).exp2())).collect();
        assert!(bounds.iter().all(|bound| bound.contains('.') && !bound.contains('e')), "{bounds:?}");
        assert_eq!(bounds.last().unwrap(), "1024.0");
    }

    #[test]
    fn a_snapshot_of_nothing_is_a_page_without_numbers_that_are_none() {
        let page = Snapshot::default().open_metrics();
        let samples = || page.lines().filter(|line| !line.starts_with('#'));
        assert!(samples().all(|line| line.ends_with(" 0")), "{page}");
        assert!(samples().count() > 10 && page.ends_with("# EOF\n"));
    }

    #[test]
    fn a_kind_that_was_only_counted_has_empty_histograms() {
        let kind = KindStats { actor: "a\"".into(), kind: "b".into(), messages: 3, ..KindStats::default() };
        let page = Snapshot { kinds: vec![kind], ..Snapshot::default() }.open_metrics();
        assert!(page.contains(
            "messaging_process_duration_seconds_count{actor_name=\"a\\\"\",actor_message_kind=\"b\"} 0\n"
        ));
        assert!(page.contains(
            "messaging_process_duration_seconds_sum{actor_name=\"a\\\"\",actor_message_kind=\"b\"} 0\n"
        ));
        assert!(!page.contains("NaN") && !page.contains("inf"), "{page}");
    }
}
