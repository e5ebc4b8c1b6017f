//! The busy times of one instance of an actor, by kind, in the last seconds and minutes.

use std::collections::VecDeque;

/// The number of seconds that are kept.
pub(crate) const SECONDS: u64 = 60;
/// The number of minutes that are kept.
pub(crate) const MINUTES: u64 = 15;
/// The maximum number of kinds in a second or a minute. Further ones are counted as one.
const KINDS: usize = 8;

const SECOND: u64 = 1_000_000_000;
const MINUTE: u64 = 60 * SECOND;

/// The busy time of one kind in one second or minute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Busy {
    /// The number of the second or minute since the start of the clock.
    pub(crate) at: u32,
    pub(crate) series: u32,
    pub(crate) messages: u32,
    /// A handler may take less than a microsecond, and many of them a second.
    pub(crate) nanos: u64,
}

impl Busy {
    fn add(&mut self, nanos: u64, messages: u32) {
        self.nanos = self.nanos.saturating_add(nanos);
        self.messages = self.messages.saturating_add(messages);
    }
}

/// The busy times of one instance.
#[derive(Debug, Default)]
pub(crate) struct Timings {
    pub(crate) seconds: VecDeque<Busy>,
    pub(crate) minutes: VecDeque<Busy>,
}

impl Timings {
    /// Returns the number of allocated bytes.
    pub(crate) fn bytes(&self) -> usize {
        (self.seconds.capacity() + self.minutes.capacity()) * size_of::<Busy>()
    }

    /// Adds a handling of this kind.
    pub(crate) fn add(&mut self, series: u32, began: u64, ended: u64) {
        self.add_messages(series, began, ended, 1);
    }

    /// Adds the time so far of a running handling.
    pub(crate) fn add_running(&mut self, series: u32, began: u64, now: u64) {
        self.add_messages(series, began, now, 0);
    }

    fn add_messages(&mut self, series: u32, began: u64, ended: u64, messages: u32) {
        // Almost every message is of the second that the last one was of.
        if began / SECOND == ended / SECOND
            && let (Some(second), Some(minute)) = (self.seconds.back_mut(), self.minutes.back_mut())
            && [second.series, minute.series] == [series; 2]
            && [u64::from(second.at), u64::from(minute.at)] == [ended / SECOND, ended / MINUTE]
        {
            let nanos = ended.saturating_sub(began);
            second.add(nanos, messages);
            minute.add(nanos, messages);
            return;
        }
        self.forget(ended);
        for (all, length, kept) in
            [(&mut self.seconds, SECOND, SECONDS), (&mut self.minutes, MINUTE, MINUTES)]
        {
            let last = ended / length;
            // If it took longer than the kept time, only its last part is counted.
            let first = (began / length).max(oldest(ended, length, kept));
            for at in first..=last {
                let from = began.max(at * length);
                let until = ended.min((at + 1) * length);
                let nanos = until.saturating_sub(from);
                add(all, at, series, nanos, if at == last { messages } else { 0 });
            }
        }
    }

    /// Removes entries that are too old, and those in the future, which a clock that was set back has left.
    pub(crate) fn forget(&mut self, now: u64) {
        keep(&mut self.seconds, oldest(now, SECOND, SECONDS), now / SECOND);
        keep(&mut self.minutes, oldest(now, MINUTE, MINUTES), now / MINUTE);
    }

    /// Keeps only the minutes, in as little memory as possible.
    pub(crate) fn forget_seconds(&mut self) {
        self.seconds = VecDeque::new();
        self.minutes.shrink_to_fit();
    }

    /// Removes all entries.
    pub(crate) fn forget_all(&mut self) {
        *self = Self::default();
    }

    /// Returns the busy time of all kinds in the last minutes, in nanoseconds.
    pub(crate) fn busy(&self) -> u64 {
        self.minutes.iter().fold(0, |sum, busy| sum.saturating_add(busy.nanos))
    }
}

/// Returns the number of the oldest second or minute that is kept.
fn oldest(now: u64, length: u64, kept: u64) -> u64 {
    (now / length + 1).saturating_sub(kept)
}

/// Keeps the entries from `first` to `last`, and one more: another thread's clock may be a little ahead.
fn keep(all: &mut VecDeque<Busy>, first: u64, last: u64) {
    while all.front().is_some_and(|busy| u64::from(busy.at) < first) {
        all.pop_front();
    }
    while all.back().is_some_and(|busy| u64::from(busy.at) > last + 1) {
        all.pop_back();
    }
}

/// Adds to the entry of this moment and kind. The entries are in chronological order.
fn add(all: &mut VecDeque<Busy>, at: u64, series: u32, nanos: u64, messages: u32) {
    let at = u32::try_from(at).unwrap_or(u32::MAX);
    let mut place = all.len();
    let mut kinds = 0;
    let mut other = None;
    while let Some(before) = place.checked_sub(1) {
        let busy = &all[before];
        if busy.at < at {
            break;
        }
        if busy.at == at {
            kinds += 1;
            if busy.series == series {
                other = Some(before);
                break;
            }
            if busy.series == crate::names::OVERFLOWED {
                other = other.or(Some(before));
            }
        }
        place = before;
    }
    let same = other.filter(|place| all[*place].series == series);
    if let Some(place) = same.or(other.filter(|_| kinds >= KINDS)) {
        return all[place].add(nanos, messages);
    }
    let series = if kinds + 1 >= KINDS { crate::names::OVERFLOWED } else { series };
    all.insert(place, Busy { at, series, messages, nanos });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn micros(all: &VecDeque<Busy>) -> Vec<(u32, u32, u64)> {
        all.iter().map(|busy| (busy.at, busy.series, busy.nanos / 1000)).collect()
    }

    #[test]
    fn a_long_handling_is_spread_over_its_seconds() {
        let mut timings = Timings::default();
        timings.add(1, 1_500_000_000, 3_250_000_000);
        timings.add(2, 2_000_000_000, 2_100_000_000);
        let expected = [(1, 1, 500_000), (2, 1, 1_000_000), (2, 2, 100_000), (3, 1, 250_000)];
        let mut found = micros(&timings.seconds);
        found.sort_unstable();
        assert_eq!(found, expected);
        let mut minutes = micros(&timings.minutes);
        minutes.sort_unstable();
        assert_eq!(minutes, [(0, 1, 1_750_000), (0, 2, 100_000)]);
        assert_eq!(timings.seconds.iter().map(|busy| busy.messages).sum::<u32>(), 2);
        assert!(timings.seconds.iter().map(|busy| busy.at).is_sorted());
    }

    #[test]
    fn what_is_old_is_forgotten_and_the_bytes_are_bounded() {
        let mut timings = Timings::default();
        for milli in 0..200_000 {
            let began = milli * 10_000_000;
            timings.add(u32::try_from(milli % 20).unwrap() + 1, began, began + 5_000_000);
        }
        let most = usize::try_from(SECONDS + MINUTES).unwrap() * (KINDS + 1);
        assert!(timings.seconds.len() + timings.minutes.len() <= most);
        assert!(timings.bytes() <= 4 * most * size_of::<Busy>());
        let second = |second: u32| {
            let of = timings.seconds.iter().filter(|busy| busy.at == second);
            of.map(|busy| busy.nanos).sum::<u64>() / 1000
        };
        assert_eq!(second(1999), 500_000, "busy half of the time");
        assert_eq!(timings.seconds.front().unwrap().at, 1940);
        assert_eq!(timings.busy(), timings.minutes.iter().map(|busy| busy.nanos).sum::<u64>());
    }

    #[test]
    fn a_million_short_handlings_are_a_busy_second() {
        let mut timings = Timings::default();
        for micro in 0..1_000_000 {
            let began = 7 * SECOND + micro * 1000;
            timings.add(1 + u32::from(micro % 4 == 0), began, began + 800);
        }
        let mut found = micros(&timings.seconds);
        found.sort_unstable();
        assert_eq!(found, [(7, 1, 600_000), (7, 2, 200_000)]);
        assert_eq!(timings.busy(), SECOND / 10 * 8);
    }

    /// The processors' counters may differ by a little.
    #[test]
    fn an_end_before_the_beginning_is_no_time() {
        let mut timings = Timings::default();
        timings.add(1, 5 * SECOND, 5 * SECOND - 1);
        timings.add(1, 90 * SECOND, 3 * SECOND);
        assert_eq!((timings.busy(), timings.seconds.len()), (0, 0));
        timings.add(1, 5 * SECOND, 5 * SECOND + 7000);
        assert_eq!(timings.busy() / 1000, 7);
    }

    #[test]
    fn a_clock_that_is_set_back_leaves_no_future_behind() {
        let mut timings = Timings::default();
        for hour in (0..100).rev() {
            for second in 0..100 {
                let began = (hour * 3600 + second) * SECOND;
                timings.add(1, began, began + SECOND);
            }
            assert!(timings.seconds.len() <= 61 && timings.minutes.len() <= 16, "{timings:?}");
        }
        assert_eq!(timings.seconds.back().map(|busy| busy.at), Some(100));
        assert!(timings.busy() <= 100 * SECOND, "no time of later hours: {}", timings.busy());
    }

    #[test]
    fn sixteen_minutes_fill_all_that_is_kept() {
        let mut timings = Timings::default();
        timings.add(1, SECOND, 961 * SECOND);
        assert_eq!(timings.seconds.len(), 60);
        assert!(timings.seconds.iter().take(59).all(|busy| busy.nanos == SECOND));
        assert_eq!(timings.minutes.len(), 15);
    }
}
