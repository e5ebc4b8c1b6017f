//! The state of the screen: the last answers, and their order.

use std::io;

use serde_json::Value;

/// The orders of the rows, with the path of their value in a row of the API.
pub(crate) const ORDERS: [(&str, &str); 6] = [
    ("msg/s", "/rate"),
    ("busy", "/busy"),
    ("handling p99", "/handling/p99"),
    ("wait p99", "/wait/p99"),
    ("depth", "/depth"),
    ("failed/s", "/failed_rate"),
];

/// The state of the screen.
#[derive(Debug, Default)]
pub(crate) struct View {
    now: Value,
    open: Value,
    /// The reason why there is no answer.
    pub(crate) lost: Option<String>,
    order: usize,
    scrolled: usize,
}

impl View {
    /// Stores two answers. If there are none, the previous ones stay.
    pub(crate) fn update(&mut self, now: io::Result<Value>, open: io::Result<Value>) {
        match (now, open) {
            (Ok(now), Ok(open)) => (self.now, self.open, self.lost) = (now, open, None),
            (Err(error), _) | (_, Err(error)) => self.lost = Some(error.to_string()),
        }
    }

    /// Moves on by this many orders, and scrolls to the first row.
    pub(crate) fn change_order(&mut self, steps: isize) {
        let all = ORDERS.len();
        self.order = self.order.wrapping_add_signed(steps).wrapping_add(all) % all;
        self.scrolled = 0;
    }

    pub(crate) fn scroll(&mut self, rows: isize) {
        let last = self.all().len().saturating_sub(1);
        self.scrolled = self.scrolled.saturating_add_signed(rows).min(last);
    }

    /// Returns how many rows are above the first one, and how many there are.
    pub(crate) fn scrolled(&self) -> (usize, usize) {
        let all = self.all().len();
        (self.scrolled.min(all), all)
    }

    /// Returns whether there was an answer.
    pub(crate) fn is_known(&self) -> bool {
        !self.now.is_null()
    }

    pub(crate) fn order(&self) -> &'static str {
        ORDERS[self.order].0
    }

    fn all(&self) -> &[Value] {
        self.now["actors"].as_array().map_or(&[], Vec::as_slice)
    }

    /// Returns the actors in their order, from the scroll position on.
    pub(crate) fn actors(&self) -> Vec<&Value> {
        let by = |row: &Value| row.pointer(ORDERS[self.order].1).and_then(Value::as_f64).unwrap_or(0.0);
        let mut all: Vec<&Value> = self.all().iter().collect();
        // The sort is stable, so equal rows keep their places from second to second.
        all.sort_by(|one, other| by(other).total_cmp(&by(one)));
        all.drain(..self.scrolled.min(all.len()));
        all
    }

    /// Returns the open work of a sort: `handlings`, `asks`, `mailboxes` or `cycles`.
    pub(crate) fn open(&self, sort: &str) -> &[Value] {
        self.open[sort].as_array().map_or(&[], Vec::as_slice)
    }
}
