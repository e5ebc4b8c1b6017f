//! Draws the screen.

use ratatui::Frame;
use ratatui::layout::{Alignment, Constraint, Layout};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Text};
use ratatui::widgets::{Cell, Paragraph, Row, Table};
use serde_json::Value;

use crate::text::{plain, short};
use crate::view::View;

/// A column: its title, its width, and its text for an actor.
struct Column {
    title: &'static str,
    /// The order that is by this column.
    order: &'static str,
    width: u16,
    /// The columns with the greatest number go first where there is no room.
    drops: u8,
    text: fn(&Value) -> String,
}

const COLUMNS: [Column; 10] = [
    column("MSG/S", "msg/s", 10, 0, |of| rate(of, "/rate")),
    column("BUSY", "busy", 7, 2, |of| format!("{:.0} %", float(of, "/busy").unwrap_or(0.0) * 100.0)),
    column("P50", "", 8, 5, |of| nanos(of, "/handling/p50")),
    column("P99", "handling p99", 8, 1, |of| nanos(of, "/handling/p99")),
    column("WAIT P50", "", 9, 6, |of| nanos(of, "/wait/p50")),
    column("WAIT P99", "wait p99", 9, 1, |of| nanos(of, "/wait/p99")),
    column("DEPTH", "depth", 8, 3, |of| count(of, "/depth")),
    column("OLDEST", "", 8, 4, |of| {
        let oldest = float(of, "/oldest_wait").filter(|nanos| *nanos > 0.0);
        oldest.map_or_else(String::new, |nanos| short(nanos / 1e9))
    }),
    column("FAILED/S", "failed/s", 9, 3, |of| rate(of, "/failed_rate")),
    column("MESSAGES", "", 12, 4, |of| count(of, "/messages")),
];

const fn column(
    title: &'static str,
    order: &'static str,
    width: u16,
    drops: u8,
    text: fn(&Value) -> String,
) -> Column {
    Column { title, order, width, drops, text }
}

/// The least width of the names.
const NAME: u16 = 16;
/// The greatest width of the names.
const LONG_NAME: u16 = 40;

/// Returns the columns that have room, in their order.
fn columns(width: u16) -> Vec<&'static Column> {
    let mut columns: Vec<&Column> = COLUMNS.iter().collect();
    while columns.iter().map(|column| column.width + 1).sum::<u16>() + NAME > width {
        let Some(worst) = columns.iter().map(|column| column.drops).max() else { break };
        let Some(at) = columns.iter().rposition(|column| column.drops == worst) else { break };
        columns.remove(at);
    }
    columns
}

/// Draws the current state.
pub(crate) fn draw(frame: &mut Frame<'_>, view: &View) {
    let area = frame.area();
    let below = below(view, usize::from(area.height / 3));
    let height = u16::try_from(below.len()).unwrap_or(0);
    let [title, actors, work] =
        Layout::vertical([Constraint::Length(1), Constraint::Min(2), Constraint::Length(height)]).areas(area);
    frame.render_widget(Paragraph::new(head(view)), title);
    let columns = columns(actors.width);
    let all = view.actors();
    let longest = all.iter().map(|of| Line::raw(name(of)).width()).max().unwrap_or(0);
    let name_width = u16::try_from(longest).unwrap_or(LONG_NAME).clamp(NAME, LONG_NAME);
    let widths = std::iter::once(Constraint::Min(name_width))
        .chain(columns.iter().map(|column| Constraint::Length(column.width)));
    let titles = columns.iter().map(|column| {
        let is_order = column.order == view.order();
        right(column.title).style(if is_order {
            Style::new().add_modifier(Modifier::BOLD)
        } else {
            Style::new()
        })
    });
    let titles = Row::new(std::iter::once(Cell::new("ACTOR")).chain(titles))
        .style(Style::new().add_modifier(Modifier::REVERSED));
    if all.is_empty() && view.is_known() {
        frame.render_widget(Paragraph::new("No actor has received a message yet."), actors);
    } else {
        let rows = all.iter().map(|of| row(of, &columns));
        frame.render_widget(Table::new(rows, widths).header(titles), actors);
    }
    frame.render_widget(Paragraph::new(below), work);
}

/// Returns the first line: what is wrong, or the keys.
fn head(view: &View) -> Line<'static> {
    if let Some(error) = &view.lost {
        return Line::styled(format!("no answer: {}", plain(error)), Style::new().fg(Color::Red));
    }
    let dim = Style::new().add_modifier(Modifier::DIM);
    if !view.is_known() {
        return Line::styled("asking", dim);
    }
    let place = match view.scrolled() {
        (0, _) => String::new(),
        (above, all) => format!(" · from {} of {all}", above + 1),
    };
    Line::styled(format!("by {}{place} · s order · ↓↑ scroll · q end", view.order()), dim)
}

/// Returns the open work, as far as it has room, and how much more there is.
fn below(view: &View, room: usize) -> Vec<Line<'static>> {
    let mut lines = open_lines(view);
    if lines.len() > room && room > 0 {
        let more = lines.len() - room + 1;
        lines.truncate(room - 1);
        lines.push(Line::styled(format!("and {more} more"), Style::new().add_modifier(Modifier::DIM)));
    }
    lines.truncate(room);
    lines
}

fn right(text: impl Into<Text<'static>>) -> Cell<'static> {
    Cell::new(text.into().alignment(Alignment::Right))
}

fn row(of: &Value, columns: &[&Column]) -> Row<'static> {
    let is_failing = float(of, "/failed_rate").is_some_and(|rate| rate > 0.0);
    let is_full = of["full"].as_u64().is_some_and(|full| full > 0);
    let color = if is_failing {
        Color::Red
    } else if is_full {
        Color::Yellow
    } else {
        Color::Reset
    };
    let cells = columns.iter().map(|column| right((column.text)(of)));
    Row::new(std::iter::once(Cell::new(name(of))).chain(cells)).style(Style::new().fg(color))
}

fn name(of: &Value) -> String {
    plain(of["actor"].as_str().unwrap_or_default())
}

fn float(of: &Value, path: &str) -> Option<f64> {
    of.pointer(path).and_then(Value::as_f64)
}

fn nanos(of: &Value, path: &str) -> String {
    float(of, path).map_or_else(|| "–".to_owned(), |nanos| short(nanos / 1e9))
}

fn count(of: &Value, path: &str) -> String {
    of.pointer(path).and_then(Value::as_u64).unwrap_or(0).to_string()
}

fn rate(of: &Value, path: &str) -> String {
    float(of, path).map_or_else(String::new, |rate| format!("{rate:.1}"))
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
        screen_of(view, 130, 12)
    }

    fn screen_of(view: &View, width: u16, height: u16) -> Vec<String> {
        let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
        terminal.draw(|frame| draw(frame, view)).unwrap();
        let buffer = terminal.backend().buffer().clone();
        let line = |y| (0..width).map(|x| buffer[(x, y)].symbol().to_owned()).collect::<String>();
        (0..height).map(|y| line(y).trim_end().to_owned()).collect()
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
        view.change_order(2);
        assert!(screen(&view)[2].starts_with("Slow "), "by the 99th percentile");
        view.scroll(1);
        assert!(screen(&view)[2].starts_with("Busy "));
        view.scroll(100);
        view.scroll(-100);
        assert!(screen(&view)[2].starts_with("Slow "));
    }

    /// The columns that matter least go first, and what is left is there in full.
    #[test]
    fn a_small_screen_has_what_matters() {
        let mut view = View::default();
        let place = json!({ "actor": "Guild", "instance": null });
        let handling = json!({ "place": place, "kind": "Post", "running": { "secs": 5, "nanos": 0 } });
        let open = json!({ "handlings": vec![handling; 30] });
        view.update(Ok(json!({ "actors": [actor("Guild", 1_000_000.0, 9_000_000)] })), Ok(open));
        let wide = screen_of(&view, 130, 24);
        assert_eq!(
            wide[1].split_whitespace().collect::<Vec<_>>().join(" "),
            "ACTOR MSG/S BUSY P50 P99 WAIT P50 WAIT P99 DEPTH OLDEST FAILED/S MESSAGES"
        );
        // Numbers end below the ends of their titles.
        assert_eq!(wide[1].find("MSG/S").map(|at| at + 5), wide[2].find("1000000.0").map(|at| at + 9));
        assert_eq!(wide[23], "and 23 more");
        let narrow = screen_of(&view, 60, 9);
        let titles = narrow[1].split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(titles, "ACTOR MSG/S BUSY P99 WAIT P99");
        assert!(narrow[2].starts_with("Guild ") && narrow[2].ends_with("9.00 ms"), "{narrow:?}");
        for (width, height) in [(1, 1), (3, 2), (20, 3), (500, 1), (1, 60)] {
            screen_of(&view, width, height);
        }
        assert_eq!(screen_of(&view, 20, 5)[2], "Guild");
    }

    #[test]
    fn before_the_first_answer_and_without_actors_it_says_so() {
        let mut view = View::default();
        assert_eq!(screen(&view)[0], "asking");
        view.update(Ok(json!({ "actors": [] })), Ok(json!({})));
        assert_eq!(screen(&view)[1], "No actor has received a message yet.");
        view.scroll(isize::MAX);
        view.scroll(-isize::MAX);
        view.change_order(-1);
        assert!(screen(&view)[0].starts_with("by failed/s"), "{:?}", screen(&view));
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
