//! The difference between the wall clock and the recorder's clock, now and at earlier times.

use std::collections::VecDeque;
use std::time::{SystemTime, UNIX_EPOCH};

use traced_actor::context::Timestamp;

/// The number of readings that are kept, one for each second.
const MOST: usize = 600;

/// Readings of both clocks. Setting the wall clock changes later times, and not earlier ones.
#[derive(Default)]
pub(crate) struct Wall(VecDeque<Reading>);

#[derive(Clone, Copy)]
struct Reading {
    at: u64,
    offset: i64,
}

impl Wall {
    /// Creates readings with a constant difference between the clocks, in nanoseconds.
    pub(crate) fn fixed(offset: i64) -> Self {
        Self(VecDeque::from([Reading { at: 0, offset }]))
    }

    /// Reads the wall clock at the recorder's time `now`. Returns the difference in nanoseconds.
    pub(crate) fn read(&mut self, now: Timestamp) -> i64 {
        let wall = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, super::recorder::nanos);
        self.add(now.unix_nanos(), wall);
        wall.wrapping_sub(now.unix_nanos()).cast_signed()
    }

    fn add(&mut self, at: u64, wall: u64) {
        if self.0.len() == MOST {
            self.0.pop_front();
        }
        self.0.push_back(Reading { at, offset: wall.wrapping_sub(at).cast_signed() });
    }

    /// Returns the wall clock's time for a time of the recorder's clock.
    pub(crate) fn time(&self, at: u64) -> Timestamp {
        let reading = self.0.iter().rev().find(|reading| reading.at <= at).or(self.0.front());
        Timestamp::from_unix_nanos(at.saturating_add_signed(reading.map_or(0, |reading| reading.offset)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_is_set_moves_only_what_comes_later() {
        let mut wall = Wall::default();
        assert_eq!(wall.time(5).unix_nanos(), 5);
        wall.add(1_000, 1_100);
        wall.add(2_000, 1_500);
        let times = [500, 1_000, 1_999, 2_000, 3_000].map(|at| wall.time(at).unix_nanos());
        assert_eq!(times, [600, 1_100, 2_099, 1_500, 2_500]);
        (0..2 * MOST as u64).for_each(|second| wall.add(3_000 + second, second));
        assert_eq!(wall.0.len(), MOST);
    }
}
