//! Our entry in a W3C `tracestate`, for carriers that have no other field for its values.
//!
//! The entry looks like `ta=w:0.001;i:0.1;h:3`. `w` is the probability with which this path of the trace was kept. `i`
//! is the part of that probability that is independent of the trace id's randomness, and is omitted if it is 1. `h` is
//! the number of messages since the root.

use std::borrow::Cow;
use std::fmt::Write as _;

use super::SampledContext;

/// The key of our own member of a `tracestate`.
pub const OURS: &str = "ta";
/// OpenTelemetry's key. Its entry has the sampling threshold `th`, among others.
const OTEL: &str = "ot";
/// The part of our entry that marks an unsampled message as recorded.
///
/// The sender may request the trace later.
const PROVISIONAL: &str = "p:1";
/// W3C's limit of entries. The last ones are dropped.
const ENTRIES: usize = 32;

/// Returns the list with the mark in our entry, which is its first.
#[doc(hidden)]
pub fn marked_provisional(list: &str) -> String {
    if let Some(ours) = list.strip_prefix(OURS).and_then(|rest| rest.strip_prefix('=')) {
        return format!("{OURS}={PROVISIONAL};{ours}");
    }
    let mut marked = format!("{OURS}={PROVISIONAL}");
    for other in list.split(',').filter(|other| !other.is_empty()).take(ENTRIES - 1) {
        marked.extend([",", other]);
    }
    marked
}

/// Returns whether a `tracestate` says that its sender has recorded the unsampled message.
#[doc(hidden)]
pub fn is_provisional(list: &str) -> bool {
    ours(list).is_some_and(|ours| ours.split(';').any(|part| part == PROVISIONAL))
}

impl SampledContext {
    /// Returns the `tracestate` header value for this context, with this number of hops.
    ///
    /// It starts with our own entry `ta`, which has the probability and the hops. The entries that came with the
    /// trace follow. A probability of 1 and zero hops are omitted.
    ///
    /// If a fan-out selected this recipient, OpenTelemetry's threshold is omitted. All recipients share the trace id,
    /// so a consistent sampler would have decided the same for each of them. For later messages of the trace it is
    /// omitted because it disagrees with the probability.
    ///
    /// Allocates only if the result differs from the received text.
    #[inline]
    pub fn tracestate_out(&self, hops: u16) -> Option<Cow<'_, str>> {
        let weight = self.probability.filter(|probability| *probability < 1.0);
        if self.tracestate.is_none() && weight.is_none() && hops == 0 {
            return None;
        }
        self.tracestate_with(weight, hops)
    }

    /// Returns the `tracestate` for an envelope, with the hops of this context.
    ///
    /// It is that of [`tracestate_out`](Self::tracestate_out), and also has a probability of 1. Without it, the receiver
    /// could not tell a trace that is always kept from one whose probability is unknown, and estimates would leave out
    /// its spans. Headers go to other systems as well, and have no list for it.
    #[cfg(feature = "serde")]
    pub(crate) fn tracestate_sent(&self) -> Option<Cow<'_, str>> {
        self.tracestate_with(self.probability, self.hops)
    }

    fn tracestate_with(&self, weight: Option<f64>, hops: u16) -> Option<Cow<'_, str>> {
        let came = self.tracestate.as_deref().unwrap_or_default();
        // Some implementations round the threshold to four digits.
        let differs = |said: f64| self.probability.is_some_and(|known| (said - known).abs() > 0.01 * known);
        let outdated =
            |digits: &str| self.selected || kept(digits).map_or(self.probability.is_some(), differs);
        let erase = self.tracestate.as_deref().and_then(threshold).is_some_and(outdated);
        if weight.is_none() && hops == 0 && !erase {
            return (!came.is_empty()).then_some(Cow::Borrowed(came));
        }
        let mut header = String::new();
        if let Some(weight) = weight {
            let _ = write!(header, "{OURS}=w:{weight}");
            if self.fanout_probability < 1.0 {
                let _ = write!(header, ";i:{}", self.fanout_probability);
            }
        }
        if hops > 0 {
            let _ = write!(header, "{}h:{hops}", if weight.is_some() { ";" } else { "ta=" });
        }
        for (key, entry) in entries(came).filter(|(key, _)| *key != OURS).take(ENTRIES - 1) {
            match entry.strip_prefix("ot=") {
                Some(value) if key == OTEL && erase => {
                    let rest: Vec<&str> = value.split(';').filter(|part| !is_threshold(part)).collect();
                    if !rest.is_empty() {
                        push(&mut header, &format!("{OTEL}={}", rest.join(";")));
                    }
                }
                _ => push(&mut header, entry),
            }
        }
        (!header.is_empty()).then_some(Cow::Owned(header))
    }

    /// Sets the `tracestate` to a received header value.
    ///
    /// Our own entry sets the probability and the hops, and the other entries are kept unchanged. If our entry has no
    /// probability, it is derived from OpenTelemetry's threshold.
    ///
    /// The text may be untrusted. Parts that cannot be parsed are ignored.
    pub fn set_tracestate(&mut self, header: &str) {
        self.probability = threshold(header).and_then(kept);
        let Some(ours) = ours(header) else {
            self.tracestate = (!header.is_empty()).then(|| header.into());
            return;
        };
        for part in ours.split(';') {
            if let Some(weight) = part.strip_prefix("w:") {
                self.probability = weight.parse().ok().filter(|weight| is_probability(*weight));
            } else if let Some(part) = part.strip_prefix("i:") {
                self.fanout_probability =
                    part.parse().ok().filter(|part| is_probability(f64::from(*part))).unwrap_or(1.0);
            } else if let Some(hops) = part.strip_prefix("h:") {
                self.hops = hops.parse().unwrap_or(0);
            }
        }
        let rest: Vec<&str> =
            entries(header).filter(|(key, _)| *key != OURS).map(|(_, entry)| entry).collect();
        self.tracestate = (!rest.is_empty()).then(|| rest.join(",").into());
    }
}

/// The smallest accepted probability: OpenTelemetry's, of one trace id in 2⁵⁶.
///
/// A message counts for the inverse of its probability. A forged, smaller probability would make one message count for
/// more than all others together.
const LEAST: f64 = f64::EPSILON / 16.0; // 2⁻⁵² / 2⁴, exactly

/// Returns whether an untrusted number can be a probability whose inverse is a count.
pub(crate) fn is_probability(number: f64) -> bool {
    (LEAST..=1.0).contains(&number)
}

/// Returns the probability of both. However small it is, every receiver accepts it.
pub(crate) fn product(probability: f64, chance: f64) -> f64 {
    (probability * chance).max(LEAST)
}

/// Returns the parts of our own entry in a received header.
fn ours(header: &str) -> Option<&str> {
    entries(header).find_map(|(key, entry)| (key == OURS).then(|| &entry[OURS.len() + 1..]))
}

/// Returns the entries of a header with their keys. Skips entries without a key.
fn entries(header: &str) -> impl Iterator<Item = (&str, &str)> {
    header.split(',').map(str::trim).filter_map(|entry| Some((entry.split_once('=')?.0, entry)))
}

fn push(header: &mut String, entry: &str) {
    if !header.is_empty() {
        header.push(',');
    }
    header.push_str(entry);
}

/// Returns OpenTelemetry's threshold T as written: 1 to 14 hex digits, without trailing zeros.
fn threshold(header: &str) -> Option<&str> {
    let (_, entry) = entries(header).find(|(key, _)| *key == OTEL)?;
    let part = entry[OTEL.len() + 1..].split(';').find(|part| is_threshold(part))?;
    Some(&part["th:".len()..])
}

/// Returns the probability that a threshold stands for: 1 − T/2⁵⁶. OpenTelemetry's grammar has lower-case digits.
fn kept(digits: &str) -> Option<f64> {
    if !(1..=14).contains(&digits.len())
        || !digits.bytes().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'))
    {
        return None;
    }
    let rejected = u64::from_str_radix(&format!("{digits:0<14}"), 16).ok()?;
    // Subtracted as integers, because floats would lose the difference for a large threshold.
    let kept = (1_u64 << 56).checked_sub(rejected)?;
    #[expect(clippy::cast_precision_loss, reason = "a float holds the first 53 bits, all of a small one")]
    let kept = kept as f64 / (1_u64 << 56) as f64;
    Some(kept).filter(|kept| *kept > 0.0)
}

fn is_threshold(part: &str) -> bool {
    part.starts_with("th:")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::{TraceContext, TraceFlags, new_span_id, new_trace_id};

    fn context(probability: Option<f64>, selected: bool, tracestate: Option<&str>) -> SampledContext {
        let ids = TraceContext::new(new_trace_id(), new_span_id(), TraceFlags::SAMPLED);
        let tracestate = tracestate.map(Into::into);
        SampledContext { probability, selected, tracestate, ..SampledContext::new(ids) }
    }

    #[test]
    fn the_entry_leads_and_comes_back() {
        let ours = context(Some(0.25), false, Some("vendor=x,other=y"));
        let header = ours.tracestate_out(3).unwrap();
        assert_eq!(header, "ta=w:0.25;h:3,vendor=x,other=y");

        let mut back = context(None, false, None);
        back.set_tracestate(&header);
        assert_eq!((back.probability, back.hops), (Some(0.25), 3));
        assert_eq!(back.tracestate.as_deref(), Some("vendor=x,other=y"));
    }

    #[test]
    fn the_independent_part_goes_with_the_weight() {
        let chosen = SampledContext { fanout_probability: 0.1, ..context(Some(0.05), true, None) };
        let header = chosen.tracestate_out(0).unwrap().into_owned();
        assert_eq!(header, "ta=w:0.05;i:0.1");
        let fanout_probability = |header: &str| {
            let mut back = context(None, false, None);
            back.set_tracestate(header);
            back.fanout_probability
        };
        assert!((fanout_probability(&header) - 0.1).abs() < f32::EPSILON);
        for all in ["ta=w:0.05", "ta=w:0.05;i:0", "ta=w:0.05;i:1.5", "ta=w:0.05;i:x", "ot=th:8"] {
            assert!((fanout_probability(all) - 1.0).abs() < f32::EPSILON, "{all}");
        }
    }

    #[test]
    fn nothing_to_say_adds_nothing() {
        assert_eq!(context(Some(1.0), false, None).tracestate_out(0), None);
        assert!(matches!(context(None, true, Some("a=1")).tracestate_out(0), Some(Cow::Borrowed("a=1"))));
        assert_eq!(context(None, false, None).tracestate_out(1).unwrap(), "ta=h:1");
    }

    /// Between processes, certainty is not the same as an unknown probability.
    #[test]
    #[cfg(feature = "serde")]
    fn another_process_learns_of_certainty() {
        for (probability, hops, came, header) in [
            (Some(1.0), 0, None, Some("ta=w:1")),
            (Some(1.0), 3, None, Some("ta=w:1;h:3")),
            (Some(1.0), 0, Some("a=1"), Some("ta=w:1,a=1")),
            (Some(1.0), 0, Some("ot=th:8"), Some("ta=w:1")),
            (Some(0.25), 0, None, Some("ta=w:0.25")),
            (None, 0, None, None),
            (None, 3, None, Some("ta=h:3")),
            (None, 0, Some("a=1"), Some("a=1")),
        ] {
            let sent = SampledContext { hops, ..context(probability, false, came) };
            let written = sent.tracestate_sent();
            assert_eq!(written.as_deref(), header);
            let mut back = context(None, false, None);
            back.set_tracestate(header.unwrap_or_default());
            assert_eq!((back.probability, back.hops), (probability, hops), "{header:?}");
        }
    }

    #[test]
    fn the_threshold_stays_unless_a_fan_out_chose() {
        let header =
            |selected, came| context(Some(0.5), selected, Some(came)).tracestate_out(0).unwrap().into_owned();
        assert_eq!(header(false, "ot=th:8;rv:00000000000001"), "ta=w:0.5,ot=th:8;rv:00000000000001");
        assert_eq!(header(true, "ot=th:8;rv:00000000000001"), "ta=w:0.5,ot=rv:00000000000001");
        assert_eq!(header(true, "ot=th:8,a=1"), "ta=w:0.5,a=1");
    }

    /// A fan-out has kept one of ten.
    #[test]
    fn a_threshold_that_is_outdated_is_left_out() {
        let header = |probability, came| {
            context(probability, false, Some(came)).tracestate_out(0).map(Cow::into_owned)
        };
        assert_eq!(header(Some(0.05), "ot=th:8;rv:1,a=1").unwrap(), "ta=w:0.05,ot=rv:1,a=1");
        assert_eq!(header(Some(0.05), "ot=th:8").unwrap(), "ta=w:0.05");
        assert_eq!(header(Some(1.0), "ot=th:8"), None);
        assert_eq!(header(None, "ot=th:8").unwrap(), "ot=th:8");
        assert_eq!(context(None, true, Some("ot=th:8")).tracestate_out(0), None);
    }

    #[test]
    fn the_probability_is_the_threshold_s_where_ours_says_none() {
        let probability = |header: &str| {
            let mut context = context(None, false, None);
            context.set_tracestate(header);
            context.probability
        };
        let cases = [
            ("ot=th:8", Some(0.5)),
            ("a=1,ot=rv:1;th:c", Some(0.25)),
            ("ot=th:0", Some(1.0)),
            ("ta=w:0.1,ot=th:8", Some(0.1)),
            ("ta=h:3,ot=th:8", Some(0.5)),
            ("ot=th:", None),
            ("ot=th:x", None),
            ("ot=th:800000000000000", None),
            ("other=th:8", None),
        ];
        for (header, expected) in cases {
            assert_eq!(probability(header), expected, "{header}");
        }
    }

    /// Exact to the last bit: what is kept is a whole number of 2⁵⁶.
    #[test]
    fn the_smallest_thresholds_are_exact() {
        let unit = LEAST;
        for (digits, kept) in [
            ("ffffffffffffff", 1.0),
            ("fffffffffffffe", 2.0),
            ("fffffffffffffd", 3.0),
            ("fffffffffffff8", 8.0),
            ("fffffffffffff3", 13.0),
            ("ffffffffffff", 256.0),
            ("ffffffffff0001", 65_535.0),
        ] {
            assert_eq!(super::kept(digits), Some(kept * unit), "{digits}");
            let mut context = context(None, false, None);
            context.set_tracestate(&format!("ot=th:{digits}"));
            assert_eq!(context.probability, Some(kept * unit), "{digits}");
        }
        let cases = [
            ("0", 1.0),
            ("8", 0.5),
            ("c", 0.25),
            ("e666", 6554.0 / 65536.0),
            ("ffbe77", 16777.0 / 16_777_216.0),
        ];
        for (digits, kept) in cases {
            assert_eq!(super::kept(digits), Some(kept), "{digits}");
        }
    }

    #[test]
    fn the_least_probability_is_believed_and_nothing_below() {
        for (value, believed) in [("1.3877787807814457e-17", true), ("1.3877787807814455e-17", false)] {
            let mut context = context(None, false, None);
            context.set_tracestate(&format!("ta=w:{value}"));
            assert_eq!(context.probability.is_some(), believed, "{value}");
        }
    }

    #[test]
    fn an_older_entry_of_ours_gives_way_and_so_does_the_last_of_too_many() {
        let many: Vec<String> = (0..32).map(|i| format!("k{i}=v")).collect();
        let came = format!("ta=w:0.1,{}", many.join(","));
        let header = context(Some(0.5), false, Some(&came)).tracestate_out(0).unwrap().into_owned();
        assert_eq!(header, format!("ta=w:0.5,{}", many[..31].join(",")));
    }

    #[test]
    fn a_weight_that_is_no_probability_is_ignored() {
        for value in ["w:0", "w:1e-320", "w:1e-17", "w:-0.5", "w:1.5", "w:NaN", "w:inf", "w:", "0.5"] {
            let mut context = context(None, false, None);
            context.set_tracestate(&format!("ta={value}"));
            assert_eq!((context.probability, context.tracestate), (None, None), "{value}");
        }
    }
}
