//! Reports what is slow at this moment, as text for a terminal or a text-based program.

use std::fmt::Write as _;
use std::time::Duration;

use traced_actor_metrics::{OpenWork, Place};

use crate::app::App;
use crate::live::{ActorRow, KindRow, Now};
use crate::search::{Order, Search, find};
use crate::text::{plain, short};

/// The number of rows of each part.
const ROWS: usize = 10;
/// The duration from which running or waiting work is listed.
const LONG: Duration = Duration::from_secs(1);

/// Returns the report.
pub(crate) fn slow_now(app: &App) -> String {
    let mut text = kinds(&app.now());
    text.push('\n');
    text.push_str(&open_work(&app.open_work(LONG, ROWS), LONG));
    let store = app.store();
    let found = find(&store, &Search::default(), Order::Slowest, ROWS / 2);
    let _ = writeln!(text, "\nThe slowest of {} traces that are kept:", found.of);
    for trace in &found.traces {
        let _ = writeln!(text, "  {trace}");
    }
    text
}

/// Returns the kinds with the longest handling times or waits, by the 99th percentile.
fn kinds(now: &Now) -> String {
    let mut all: Vec<(&ActorRow, &KindRow)> =
        now.actors.iter().flat_map(|row| row.kinds.iter().map(move |kind| (row, kind))).collect();
    let longest =
        |kind: &KindRow| kind.load.handling.p99.unwrap_or(0).saturating_add(kind.load.wait.p99.unwrap_or(0));
    all.sort_by_key(|(_, kind)| std::cmp::Reverse(longest(kind)));
    let window = match now.window_seconds {
        // The first reading has nothing to compare with.
        seconds if seconds < 0.5 => "since the start".to_owned(),
        seconds => format!("of the last {seconds:.0} s"),
    };
    let mut text = format!("Kinds of messages that take or wait longest (percentiles {window}):\n");
    if all.is_empty() {
        text.push_str("  no actor has received a message, or nothing counts them\n");
    }
    for (row, kind) in all.into_iter().take(ROWS) {
        let load = &kind.load;
        let _ = write!(
            text,
            "  {}/{}: {:.1}/s, handling p50 {} p99 {}, wait p50 {} p99 {}",
            plain(&row.actor),
            plain(&kind.kind),
            load.rate,
            some(load.handling.p50),
            some(load.handling.p99),
            some(load.wait.p50),
            some(load.wait.p99),
        );
        if row.depth > 0 {
            let _ =
                write!(text, ", {} in mailboxes, the oldest for {}", row.depth, short(row.oldest_wait / 1e9));
        }
        if load.failed > 0 {
            let errors: Vec<String> =
                kind.errors.iter().map(|(error, n)| format!("{} {n}", plain(error))).collect();
            let _ =
                write!(text, ", {} failed ({:.1}/s): {}", load.failed, load.failed_rate, errors.join(", "));
        }
        text.push('\n');
    }
    text
}

/// Returns the open work as text.
pub(crate) fn open_work(work: &OpenWork, older_than: Duration) -> String {
    let mut text = format!("Open for {} or longer:\n", short(older_than.as_secs_f64()));
    for cycle in &work.cycles {
        let _ = writeln!(text, "  a circle of actors that wait for one another: {}", chain(cycle));
    }
    for of in &work.handlings {
        let _ = write!(
            text,
            "  {} handles {} since {}, polled {} times",
            place(&of.place),
            plain(&of.kind),
            short(of.running.as_secs_f64()),
            of.polls
        );
        if let Some(to) = &of.last_sent_to {
            let _ = write!(text, ", last sent to {}", place(to));
        }
        if let Some(trace) = &of.trace_id {
            let _ = write!(text, ", trace {trace}");
        }
        text.push('\n');
    }
    for of in &work.asks {
        let from = of.from.as_ref().map_or_else(|| "code outside of actors".to_owned(), place);
        let _ = writeln!(
            text,
            "  {from} waits for {} since {}",
            chain(&of.through),
            short(of.waiting.as_secs_f64())
        );
    }
    for of in &work.mailboxes {
        let _ = writeln!(
            text,
            "  {} has {} messages, the oldest waits since {}",
            place(&of.place),
            of.depth,
            short(of.oldest_wait.as_secs_f64())
        );
    }
    if work.omitted > 0 {
        let _ = writeln!(text, "  and {} more", work.omitted);
    }
    if work.handlings.is_empty() && work.asks.is_empty() && work.mailboxes.is_empty() {
        text.push_str("  nothing\n");
    }
    text
}

fn chain(places: &[Place]) -> String {
    places.iter().map(place).collect::<Vec<_>>().join(" → ")
}

fn place(place: &Place) -> String {
    plain(&place.to_string())
}

#[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
fn some(nanos: Option<u64>) -> String {
    nanos.map_or_else(|| "–".to_owned(), |nanos| short(nanos as f64 / 1e9))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_say_of_which_time_they_are() {
        let of = |window_seconds| kinds(&Now { window_seconds, ..Now::default() });
        assert!(
            of(0.0)
                .starts_with("Kinds of messages that take or wait longest (percentiles since the start):\n")
        );
        assert!(of(12.4).contains("(percentiles of the last 12 s):\n"));
    }

    #[test]
    fn open_work_says_who_and_since_when() {
        let mut work = OpenWork::default();
        assert_eq!(open_work(&work, LONG), "Open for 1.00 s or longer:\n  nothing\n");
        let at = |actor: &str| {
            let mut place = Place::default();
            place.actor = actor.to_owned();
            place
        };
        let mut ask = traced_actor_metrics::OpenAsk::default();
        ask.through = vec![at("Guild"), at("Store\n")];
        ask.waiting = Duration::from_secs(960);
        work.asks.push(ask);
        work.cycles.push(vec![at("A"), at("B")]);
        let text = open_work(&work, LONG);
        assert!(text.contains("  code outside of actors waits for Guild → Store\\n since 960 s\n"), "{text}");
        assert!(text.contains("wait for one another: A → B\n"), "{text}");
    }
}
