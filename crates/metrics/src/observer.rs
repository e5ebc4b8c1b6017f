//! The observer, which the runtime calls for every message.

use std::sync::Arc;
use std::sync::atomic::Ordering::{Acquire, Relaxed};

use traced_actor::TraceContext;
use traced_actor::observe::{
    ActorChange, AskEnd, HandlingId, Known, Mailbox, MessageType, Observer, Received, Sent, Unsent,
};
use traced_actor::record::{Failure, SendFailure};

use crate::cells::add;
use crate::clock::nanos;
use crate::local::Local;
use crate::names::{OVERFLOW, OVERFLOWED, short};
use crate::open::{BATCH, Handling, MailboxPlace, NAMED, NONE};
use crate::state::{Kept, State};

pub(crate) struct Watcher(pub(crate) &'static State);

/// The time at which a message was handled, and its wait.
struct Times {
    began: u64,
    wait: Option<u64>,
}

impl Watcher {
    fn place(&self, handling: HandlingId) -> Option<&'static Handling> {
        self.0.handlings.get(handling.get())
    }

    fn mailbox(&self, mailbox: Option<&Mailbox>) -> Option<(u32, &'static MailboxPlace)> {
        let number = mailbox?.note();
        Some((number, self.0.mailboxes.get(number)?))
    }

    /// Returns the actor's name of a mailbox, or else the type of its messages.
    fn actor(&self, place: Option<&MailboxPlace>, mailbox: &Mailbox) -> Arc<str> {
        match place {
            Some(place) => self.0.actor_of(place, mailbox),
            None => short(mailbox.type_name()).into(),
        }
    }

    #[inline]
    fn times(&self, local: &Local, sent: Option<Sent>, mailbox: Option<&Mailbox>) -> Times {
        let is_timed = match sent {
            Some(Sent::Observed(_)) => true,
            // Its send was not chosen for timing.
            None if mailbox.is_some() => self.0.every == 1,
            _ => local.times_next(),
        };
        if !is_timed {
            return Times { began: NONE, wait: None };
        }
        let began = self.0.clock.now();
        let wait = sent.map(|sent| match sent {
            Sent::Observed(sent) => began.saturating_sub(sent),
            Sent::Ago(wait) => nanos(wait),
        });
        Times { began, wait }
    }
}

/// Returns the name of a reason: that of the failed send on a span, if there is one.
fn failure_name(failure: Unsent) -> &'static str {
    match failure {
        Unsent::Full => SendFailure::MailboxFull.error_type(),
        Unsent::Closed => SendFailure::NotRunning.error_type(),
        Unsent::Timeout => SendFailure::Timeout.error_type(),
        Unsent::Cancelled => "cancelled",
        _ => OVERFLOW,
    }
}

impl Observer for Watcher {
    fn sent(&self, message: MessageType, to: Option<&Mailbox>, from: Option<HandlingId>) -> u64 {
        Local::with(self.0, |local| {
            let message = local.count_send(&message);
            if let Some(place) = from.and_then(|from| self.place(from)) {
                place.set_sent(to.map_or(0, Mailbox::note), message);
            }
            if local.times_next() { self.0.clock.now() } else { NONE }
        })
        .unwrap_or(NONE)
    }

    fn now(&self) -> u64 {
        self.0.clock.now()
    }

    fn send_waited(&self, message: MessageType, _: Option<&Mailbox>, since: u64) {
        let took = std::time::Duration::from_nanos(self.0.clock.now().saturating_sub(since));
        if let Some(send) = Local::with(self.0, |local| local.send(&message)) {
            self.0.rare().send_waits.entry(send).or_default().record(took);
        }
    }

    fn send_failed(&self, message: MessageType, _: Option<&Mailbox>, failure: Unsent) {
        if let Some(send) = Local::with(self.0, |local| local.send(&message)) {
            *self.0.rare().send_failures.entry((send, failure_name(failure))).or_default() += 1;
        }
    }

    fn received(&self, received: &Received<'_>) -> Option<HandlingId> {
        Local::with(self.0, |local| {
            let series = local.series(received.actor, &received.message);
            let Times { began, wait } = self.times(local, received.sent, received.mailbox);
            let mailbox = self.mailbox(received.mailbox);
            let Some(number) = local.take() else {
                // Not followed, but counted.
                if let Some(cells) = local.shard.of(series).filter(|_| !received.is_batch) {
                    cells.count_message(wait);
                }
                return None;
            };
            let place = self.0.handlings.get(number)?;
            let mut flags = if received.is_batch { BATCH } else { 0 };
            if let Some((_, mailbox)) = mailbox {
                mailbox.take_out(series, number, began);
                if let Some(instance) = received.instance {
                    mailbox.name_as(instance);
                }
                if mailbox.is_named() {
                    flags |= NAMED;
                }
            }
            place.begin(series, mailbox.map_or(0, |(number, _)| number), began, wait, flags);
            if let (None, Some(instance)) = (mailbox, received.instance) {
                place.set_instance(instance);
            }
            HandlingId::new(number)
        })?
    }

    fn batched(&self, received: &Received<'_>) {
        Local::with(self.0, |local| {
            let series = local.series(received.actor, &received.message);
            let Times { wait, .. } = self.times(local, received.sent, received.mailbox);
            if let Some(cells) = local.shard.of(series) {
                cells.count_message(wait);
            }
        });
    }

    fn sampled(&self, handling: HandlingId, context: TraceContext) {
        if let Some(place) = self.place(handling) {
            place.set_trace(context);
        }
    }

    fn claimed(&self, handling: HandlingId, actor: &'static str) {
        if let Some(place) = self.place(handling) {
            let series = place.series.load(Relaxed);
            let series = Local::with(self.0, |local| local.renamed(actor, series)).unwrap_or(series);
            place.series.store(series, Relaxed);
            if let Some(mailbox) = self.0.mailboxes.get(place.mailbox.load(Relaxed)) {
                mailbox.series.store(series, Relaxed);
            }
        }
    }

    fn polled(&self, handling: HandlingId) {
        if let Some(place) = self.place(handling) {
            place.polls.store(place.polls.load(Relaxed).wrapping_add(1), Relaxed);
            if place.handled_ask.load(Relaxed) == 0 {
                place.progress.store(place.progress.load(Relaxed).wrapping_add(1), Relaxed);
            } else {
                self.0.end_handled_ask(place);
            }
        }
    }

    fn ended(&self, handling: HandlingId, failure: Option<&Failure<'_>>) {
        let Some(place) = self.place(handling) else { return };
        let series = place.series.load(Relaxed);
        let began = place.began.load(Acquire);
        // A message that is not timed may have a beginning because somebody listed it. That time is not counted.
        let is_timed = began != NONE && !place.is_seen.load(Relaxed);
        let ended = if is_timed { self.0.clock.now() } else { NONE };
        let took = ended.saturating_sub(began);
        let trace = place.trace().filter(|_| is_timed);
        let mailbox = place.mailbox.load(Relaxed);
        let flags = place.flags.load(Relaxed);
        let wait = place.waited();
        let answers = place.answers.load(Relaxed);
        self.0.end_handled_ask(place);
        place.turn.turn_over();
        if answers != 0 {
            self.0.handled(answers, failure);
        }
        Local::with(self.0, |local| {
            if let Some(cells) = local.shard.of(series) {
                if flags & BATCH == 0 {
                    add(&cells.messages, 1);
                }
                if failure.is_some() {
                    add(&cells.failed, 1);
                }
                if let Some(wait) = wait {
                    cells.wait.record(wait);
                }
                if is_timed {
                    cells.handling.record(took);
                }
            }
            local.give_back(handling.get());
        });
        if is_timed
            && flags & NAMED != 0
            && let Some(mailbox) = self.0.mailboxes.get(mailbox)
        {
            self.0.add_timing(mailbox, series, began, ended);
        }
        if failure.is_some() || trace.is_some() {
            let kept = trace.map(|(trace_id, span_id)| Kept { trace_id, span_id, nanos: took, at: ended });
            self.0.rare().note(series, failure, kept);
        }
    }

    fn held(&self, handling: HandlingId) {
        let Some(place) = self.place(handling) else { return };
        if let Some(mailbox) = self.0.mailboxes.get(place.mailbox.load(Relaxed)) {
            mailbox.forget_handling();
        }
        self.0.end_handled_ask(place);
        place.turn.turn_over();
        Local::with(self.0, |local| local.give_back(handling.get()));
    }

    fn opened(&self, mailbox: &Arc<Mailbox>) {
        if let Some(number) = self.0.mailboxes.take()
            && let Some(place) = self.0.mailboxes.get(number)
        {
            place.open(mailbox);
            mailbox.set_note(number);
        }
    }

    fn closed(&self, mailbox: &Mailbox) {
        let left = mailbox.depth();
        let place = self.mailbox(Some(mailbox));
        mailbox.set_note(0);
        if left > 0 {
            let actor = self.actor(place.map(|(_, place)| place), mailbox);
            *self.0.rare().dead_letters.entry(actor).or_default() += left;
        }
        if let Some((number, place)) = place {
            self.0.forget_timings_of(place);
            self.0.mailboxes.give_back([number]);
        }
    }

    fn lagged(&self, mailbox: &Mailbox, messages: u64) {
        let actor = self.actor(self.mailbox(Some(mailbox)).map(|(_, place)| place), mailbox);
        *self.0.rare().lagged.entry(actor).or_default() += messages;
    }

    fn asked(&self, to: Option<&Mailbox>, from: Option<HandlingId>) -> Option<HandlingId> {
        self.0.ask(from, |ask| {
            ask.to.store(to.map_or(0, Mailbox::note), Relaxed);
        })
    }

    fn asked_by_message(
        &self,
        message: MessageType,
        from: Option<HandlingId>,
        known: Known,
    ) -> Option<HandlingId> {
        let (number, series) = Local::with(self.0, |local| {
            let series = message.actor.map_or(OVERFLOWED, |actor| local.series(Some(actor), &message));
            (local.message(&message), series)
        })?;
        self.0.ask(from, |ask| {
            ask.is_by_message.store(true, Relaxed);
            ask.is_exact.store(known == Known::Answer, Relaxed);
            ask.is_sure.store(known != Known::Send, Relaxed);
            ask.message.store(number, Relaxed);
            ask.to_series.store(series, Relaxed);
        })
    }

    fn taken(&self, ask: HandlingId, by: HandlingId) {
        if let (Some(place), Some(handling)) = (self.0.asks.get(ask.get()), self.place(by)) {
            place.by.set(by.get(), Some(handling));
            place.is_sure.store(true, Relaxed);
            handling.answers.store(ask.get(), Relaxed);
        }
    }

    fn answered(&self, ask: HandlingId, end: AskEnd) {
        self.0.end_ask(ask.get(), Some(end).filter(|end| *end != AskEnd::Told));
    }

    fn changed(&self, actor: &'static str, change: ActorChange) {
        *self.0.rare().changes.entry((actor, change)).or_default() += 1;
    }
}
