//! Draws the screen.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::Line;
use ratatui::widgets::{Paragraph, Row, Table};
use serde_json::Value;

use crate::text::{plain, short};
use crate::view::View;

const HEAD: [&str; 11] = [
    "ACTOR", "MSG/S", "BUSY", "P50", "P99", "WAIT P50", "WAIT P99", "DEPTH", "OLDEST", "FAILED/S", "MESSAGES",
];
const WIDTHS: [u16; 11] = [24, 10, 7, 9, 9, 9, 9, 8, 9, 9, 12];

/// Draws the current state.
pub(crate) fn draw(frame: &mut Frame<'_>, view: &View) {
    let open = open_lines(view);
    let below = u16::try_from(open.len()).unwrap_or(0).min(frame.area().height / 3);
    let [title, actors, work] =
        Layout::vertical([Constraint::Length(1), Constraint::Min(3), Constraint::Length(below)])
            .areas(frame.area());
    let text = match &view.lost {
        Some(error) => Line::styled(format!("no answer: {}", plain(error)), Style::new().fg(Color::Red)),
        None => Line::styled(
            format!("by {} · s order · ↓↑ scroll · q end", view.order()),
            Style::new().add_modifier(Modifier::DIM),
        ),
    };
    frame.render_widget(Paragraph::new(text), title);
    let rows: Vec<Row<'_>> = view.actors().into_iter().map(row).collect();
    let head =
        Row::new(HEAD.map(|name| format!("{name:>1}"))).style(Style::new().add_modifier(Modifier::REVERSED));
    frame.render_widget(Table::new(rows, WIDTHS.map(Constraint::Length)).header(head), actors);
    frame.render_widget(Paragraph::new(open), work);
}

fn row(of: &Value) -> Row<'static> {
    let float = |path: &str| of.pointer(path).and_then(Value::as_f64);
    let nanos = |path: &str| float(path).map_or_else(|| "–".to_owned(), |nanos| short(nanos / 1e9));
    let count = |path: &str| of.pointer(path).and_then(Value::as_u64).unwrap_or(0).to_string();
    let rate = |path: &str| float(path).map_or_else(String::new, |rate| format!("{rate:.1}"));
    let cells = [
        plain(of["actor"].as_str().unwrap_or_default()),
        rate("/rate"),
        format!("{:.0} %", float("/busy").unwrap_or(0.0) * 100.0),
        nanos("/handling/p50"),
        nanos("/handling/p99"),
        nanos("/wait/p50"),
        nanos("/wait/p99"),
        count("/depth"),
        float("/oldest_wait")
            .filter(|nanos| *nanos > 0.0)
            .map_or_else(String::new, |nanos| short(nanos / 1e9)),
        rate("/failed_rate"),
        count("/messages"),
    ];
    let is_failing = float("/failed_rate").is_some_and(|rate| rate > 0.0);
    let is_full = of["full"].as_u64().is_some_and(|full| full > 0);
    let color = if is_failing {
        Color::Red
    } else if is_full {
        Color::Yellow
    } else {
        Color::Reset
    };
    Row::new(cells).style(Style::new().fg(color))
}

/// Returns the open work: circles first, then the oldest handlings and asks.
fn open_lines(view: &View) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    for cycle in view.open("cycles") {
        let text = format!("wait for one another: {}", chain(cycle));
        lines.push(Line::styled(text, Style::new().fg(Color::Red)));
    }
    for of in view.open("handlings") {
        let kind = plain(of["kind"].as_str().unwrap_or_default());
        lines.push(Line::raw(format!(
            "{} handles {kind} since {}",
            place(&of["place"]),
            since(&of["running"])
        )));
    }
    for of in view.open("asks") {
        let from =
            if of["from"].is_null() { "code outside of actors".to_owned() } else { place(&of["from"]) };
        lines.push(Line::raw(format!(
            "{from} waits for {} since {}",
            chain(&of["through"]),
            since(&of["waiting"])
        )));
    }
    lines
}

fn chain(places: &Value) -> String {
    let places = places.as_array().map_or(&[][..], Vec::as_slice);
    places.iter().map(place).collect::<Vec<_>>().join(" → ")
}

fn place(of: &Value) -> String {
    let actor = plain(of["actor"].as_str().unwrap_or_default());
    match of["instance"].as_str() {
        Some(instance) => format!("{actor} {}", plain(instance)),
        None => actor,
    }
}

fn since(of: &Value) -> String {
    short(of["secs"].as_f64().unwrap_or(0.0) + of["nanos"].as_f64().unwrap_or(0.0) / 1e9)
}

#[cfg(test)]
mod tests {
    use ratatui::Terminal;
    use ratatui::backend::TestBackend;
    use serde_json::json;

    use super::*;

    fn screen(view: &View) -> Vec<String> {
        let mut terminal = Terminal::new(TestBackend::new(130, 12)).unwrap();
        terminal.draw(|frame| draw(frame, view)).unwrap();
        let buffer = terminal.backend().buffer().clone();
        let line = |y| (0..130).map(|x| buffer[(x, y)].symbol().to_owned()).collect::<String>();
        (0..12).map(|y| line(y).trim_end().to_owned()).collect()
    }

    fn actor(name: &str, rate: f64, p99: u64) -> Value {
        let percentiles = json!({ "p50": 1_000, "p99": p99, "max": p99 });
        json!({ "actor": name, "rate": rate, "busy": 0.25, "failed_rate": 0.0, "messages": 7, "depth": 3, "full": 0,
                "oldest_wait": 2.5e6, "handling": percentiles, "wait": percentiles })
    }

    #[test]
    fn actors_are_in_the_chosen_order_and_open_work_is_below() {
        let mut view = View::default();
        let now = json!({ "actors": [actor("Slow", 1.0, 9_000_000), actor("Busy", 50.0, 2_000)] });
        let place = |actor: &str| json!({ "actor": actor, "instance": null });
        let open = json!({
            "cycles": [[place("A"), place("B")]],
            "handlings": [{ "place": { "actor": "Guild", "instance": "7\u{1b}[31m" }, "kind": "Post", "running": { "secs": 960, "nanos": 0 } }],
            "asks": [{ "from": null, "through": [place("Guild"), place("Store")], "waiting": { "secs": 1, "nanos": 500_000_000 } }],
        });
        view.update(Ok(now), Ok(open));
        let lines = screen(&view);
        assert!(lines[0].starts_with("by msg/s"), "{lines:?}");
        assert!(
            lines[2].starts_with("Busy ") && lines[2].contains("50.0") && lines[2].contains("2.00 µs"),
            "{lines:?}"
        );
        assert!(
            lines[3].starts_with("Slow ") && lines[3].contains("9.00 ms") && lines[3].contains("25 %"),
            "{lines:?}"
        );
        let below = [
            "wait for one another: A → B",
            "Guild 7\\u{1b}[31m handles Post since 960 s",
            "code outside of actors waits for Guild → Store since 1.50 s",
        ];
        assert_eq!(lines[9..], below);
        view.next_order();
        view.next_order();
        assert!(screen(&view)[2].starts_with("Slow "), "by the 99th percentile");
        view.scroll(1);
        assert!(screen(&view)[2].starts_with("Busy "));
        view.scroll(100);
        view.scroll(-100);
        assert!(screen(&view)[2].starts_with("Slow "));
    }

    #[test]
    fn what_is_lost_and_what_is_odd_is_shown() {
        let mut view = View::default();
        view.update(Err(std::io::Error::other("gone")), Ok(Value::Null));
        assert_eq!(screen(&view)[0], "no answer: gone");
        view.update(Ok(json!({ "actors": [{}, null, 7] })), Ok(json!([])));
        assert!(screen(&view)[0].starts_with("by msg/s"));
    }
}
