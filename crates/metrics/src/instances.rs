//! The timings of named instances of actors: how busy they were lately, with which kinds, and how much is queued.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Mutex, TryLockError};
use std::time::Duration;

use traced_actor::observe::Mailbox;

use crate::open::{MailboxPlace, NONE};
use crate::state::State;
use crate::timings::{Busy, Timings};

/// An instance of an actor with a name and an observed mailbox.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Instance {
    /// The name of the instance.
    pub name: String,
    /// The name of the actor.
    pub actor: String,
    /// The number of messages in its mailbox.
    pub depth: u64,
    /// The time that its oldest message has waited. This is a lower bound.
    pub oldest_wait: Duration,
    /// The time that it was busy in the last fifteen minutes.
    ///
    /// This includes the time in which a handler waits, because the instance does nothing else in that time.
    pub busy: Duration,
    /// The last sixty seconds, the oldest first. Seconds without a message are omitted.
    pub seconds: Vec<Interval>,
    /// The last fifteen minutes, the oldest first. Minutes without a message are omitted.
    pub minutes: Vec<Interval>,
}

/// A second or a minute of an instance.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Interval {
    /// The number of later intervals. 0 is the current one, which has not ended.
    pub ago: u64,
    /// The kinds of the handled messages, the one with the longest time first.
    pub kinds: Vec<Share>,
}

/// The share of an interval that one kind of message took.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Share {
    /// The kind of the messages. `_other` stands for those beyond the eighth kind of an interval.
    pub kind: String,
    /// The part of the interval, usually between 0 and 1. It can be greater if several handlers run at the same time.
    pub share: f64,
    /// The number of messages whose handling ended in the interval.
    pub messages: u64,
}

/// The order of a list of instances.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Rank {
    /// Sorts by busy time in the last fifteen minutes.
    Busy,
    /// Sorts by the number of queued messages.
    Depth,
    /// Sorts by the wait of the oldest message.
    Wait,
}

impl Share {
    fn of(state: &State, busy: &Busy, length: Duration) -> Self {
        let (_, kind) = state.series.name(busy.series);
        let every = f64::from(state.every);
        let share = Duration::from_nanos(busy.nanos).as_secs_f64() * every / length.as_secs_f64();
        Self { kind: kind.to_string(), share, messages: u64::from(busy.messages) * u64::from(state.every) }
    }
}

fn intervals<'a>(
    state: &State,
    all: impl Iterator<Item = &'a Busy>,
    length: Duration,
    now: u64,
) -> Vec<Interval> {
    let current = now / crate::clock::nanos(length);
    let mut found: BTreeMap<u32, Vec<Share>> = BTreeMap::new();
    for busy in all {
        found.entry(busy.at).or_default().push(Share::of(state, busy, length));
    }
    let interval = |(at, mut kinds): (u32, Vec<Share>)| {
        kinds.sort_by(|one, other| other.share.total_cmp(&one.share));
        Interval { ago: current.saturating_sub(u64::from(at)), kinds }
    };
    found.into_iter().map(interval).collect()
}

impl State {
    /// Adds a handling to the timings of its instance.
    pub(crate) fn add_timing(&self, mailbox: &MailboxPlace, series: u32, began: u64, ended: u64) {
        let (before, after) = mailbox.with_timings(|timings| {
            let before = timings.bytes();
            timings.add(series, began, ended);
            (before, timings.bytes())
        });
        if after != before {
            let total = self.timing_bytes.fetch_add((after as u64).wrapping_sub(before as u64), Relaxed);
            if total.wrapping_add(after as u64).wrapping_sub(before as u64) > self.most_timing_bytes {
                self.sweep_timings();
            }
        }
    }

    pub(crate) fn forget_timings_of(&self, mailbox: &MailboxPlace) {
        self.timing_bytes.fetch_sub(mailbox.close() as u64, Relaxed);
    }

    /// Makes room: the least busy half loses its seconds and, if that is not enough, all of its timings.
    #[cold]
    fn sweep_timings(&self) {
        static ONE: Mutex<()> = Mutex::new(());
        let _one = match ONE.try_lock() {
            Ok(one) => one,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => return,
        };
        let mut all: Vec<(u64, &MailboxPlace)> = self
            .mailboxes
            .all()
            .filter(|(_, place)| place.is_named())
            .map(|(_, place)| (place.with_timings(|timings| timings.busy()), place))
            .collect();
        all.sort_by_key(|(busy, _)| *busy);
        let least = all.len().div_ceil(2);
        for forget in [Timings::forget_seconds, Timings::forget_all] {
            for (_, place) in &all[..least] {
                let freed = place.with_timings(|timings| {
                    let before = timings.bytes();
                    forget(timings);
                    before - timings.bytes()
                });
                if freed > 0 {
                    self.timing_bytes.fetch_sub(freed as u64, Relaxed);
                    self.timings_forgotten.fetch_add(1, Relaxed);
                }
            }
            if self.timing_bytes.load(Relaxed) <= self.most_timing_bytes * 3 / 4 {
                return;
            }
        }
    }

    /// Returns a lower bound of the time that the oldest message of a mailbox has waited.
    pub(crate) fn oldest_wait(place: &MailboxPlace, mailbox: &Mailbox, now: u64) -> u64 {
        if mailbox.depth() == 0 {
            return 0;
        }
        let seen = place.seen(mailbox.taken(), now);
        let since = match mailbox.oldest_sent() {
            // It was sent before the last message was taken out.
            None => match place.received.load(Relaxed) {
                NONE => seen,
                received => received.min(seen),
            },
            Some(NONE) => seen,
            Some(sent) => sent,
        };
        now.saturating_sub(since)
    }

    fn instance(&self, place: &MailboxPlace, now: u64, is_whole: bool) -> Option<Instance> {
        let mailbox = place.mailbox()?;
        let name = place.name()?;
        // Running handlers count in the seconds that they have taken so far.
        let running = place.handling(mailbox.note(), &self.handlings);
        let running = running.map(|(_, running)| (running.series.load(Relaxed), running.began.load(Relaxed)));
        let (busy, seconds, minutes) = place.with_timings(|timings| {
            timings.forget(now);
            let mut shown = Timings::default();
            if is_whole {
                shown.seconds.clone_from(&timings.seconds);
            }
            shown.minutes.clone_from(&timings.minutes);
            if let Some((series, began)) = running.filter(|(_, began)| *began != NONE) {
                shown.add_running(series, began, now);
            }
            let busy = shown.busy().saturating_mul(u64::from(self.every));
            if !is_whole {
                return (busy, Vec::new(), Vec::new());
            }
            let seconds = intervals(self, shown.seconds.iter(), Duration::from_secs(1), now);
            let minutes = intervals(self, shown.minutes.iter(), Duration::from_secs(60), now);
            (busy, seconds, minutes)
        });
        Some(Instance {
            name: name.to_string(),
            actor: self.actor_of(place, &mailbox).to_string(),
            depth: mailbox.depth(),
            oldest_wait: Duration::from_nanos(Self::oldest_wait(place, &mailbox, now)),
            busy: Duration::from_nanos(busy),
            seconds,
            minutes,
        })
    }

    /// Returns the instances of this name.
    pub(crate) fn instances_named(&self, name: &str) -> Vec<Instance> {
        let now = self.clock.now();
        let named = self.mailboxes.all().filter(|(_, place)| place.name().is_some_and(|own| &*own == name));
        named.filter_map(|(_, place)| self.instance(place, now, true)).collect()
    }

    /// Returns the first `n` instances in this order.
    pub(crate) fn top_instances(&self, rank: Rank, n: usize) -> Vec<Instance> {
        let now = self.clock.now();
        let named = self.mailboxes.all().filter(|(_, place)| place.is_named());
        let mut all: Vec<(Instance, &MailboxPlace)> =
            named.filter_map(|(_, place)| Some((self.instance(place, now, false)?, place))).collect();
        all.sort_by_key(|(instance, _)| {
            std::cmp::Reverse(match rank {
                Rank::Busy => instance.busy.as_nanos(),
                Rank::Depth => u128::from(instance.depth),
                Rank::Wait => instance.oldest_wait.as_nanos(),
            })
        });
        all.truncate(n);
        all.into_iter().filter_map(|(_, place)| self.instance(place, now, true)).collect()
    }
}
