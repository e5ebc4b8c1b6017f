//! The life of an ask, from the send of its message to the answer.
//!
//! An ask of this project's actors ends when its future does. A framework does not tell when the sender of a message
//! has its answer, or waits no longer. It is known when the message is handled, and when the asking handler is polled.
//! So an ask of a framework ends
//!
//! * with the handler that asks, or else with the handling of its message,
//! * unless the answer is exact: when the handler that asks is polled. If one of its asks was handled before, that one
//!   ends, and the others stay.

use std::sync::atomic::Ordering::{AcqRel, Relaxed};

use traced_actor::observe::{AskEnd, HandlingId};
use traced_actor::record::Failure;

use crate::open::{Ask, Handling};
use crate::state::State;

impl State {
    /// Starts an ask of this handling. `fill` stores who is asked.
    pub(crate) fn ask(&self, from: Option<HandlingId>, fill: impl FnOnce(&Ask)) -> Option<HandlingId> {
        let number = self.asks.take()?;
        let ask = self.asks.get(number)?;
        let from = from.map_or(0, HandlingId::get);
        let handling = self.handlings.get(from);
        ask.from.set(from, handling);
        ask.progress.store(handling.map_or(0, |handling| handling.progress.load(Relaxed)), Relaxed);
        ask.by.set(0, None);
        ask.is_by_message.store(false, Relaxed);
        ask.is_exact.store(true, Relaxed);
        ask.is_sure.store(true, Relaxed);
        for part in [&ask.to, &ask.message, &ask.to_series] {
            part.store(0, Relaxed);
        }
        fill(ask);
        ask.since.store(self.clock.now(), Relaxed);
        ask.turn.turn_over();
        HandlingId::new(number)
    }

    /// Ends an ask. `end` is `None` if it is not counted here.
    pub(crate) fn end_ask(&self, number: u32, end: Option<AskEnd>) {
        let Some(ask) = self.asks.get(number) else { return };
        ask.turn.turn_over();
        self.asks.give_back([number]);
        if let Some(end) = end {
            *self.rare().asks.entry(end).or_default() += 1;
        }
    }

    /// Notes that the message of an ask was handled.
    ///
    /// The reply may be given later, by somebody else. So the ask stays open until the handler that asks is polled.
    pub(crate) fn handled(&self, number: u32, failure: Option<&Failure<'_>>) {
        let Some(ask) = self.asks.get(number) else { return };
        let is_lost = failure.is_some_and(|failure| {
            [Failure::PANIC, Failure::CANCELLED].iter().any(|lost| lost.error_type == failure.error_type)
        });
        let end = if is_lost { AskEnd::NoReply } else { AskEnd::Answered };
        let stays = !ask.is_exact.load(Relaxed)
            && self.is_waiting(ask)
            && ask
                .from
                .find(&self.handlings)
                .is_some_and(|from| from.handled_ask.compare_exchange(0, number, AcqRel, Relaxed).is_ok());
        if stays {
            *self.rare().asks.entry(end).or_default() += 1;
        } else {
            self.end_ask(number, Some(end));
        }
    }

    /// Ends the ask of this handling whose message was handled.
    pub(crate) fn end_handled_ask(&self, from: &Handling) {
        // Nearly always there is none, and a swap costs more than a load.
        let is_some = from.handled_ask.load(Relaxed) != 0;
        let number = if is_some { from.handled_ask.swap(0, AcqRel) } else { 0 };
        if number != 0 {
            self.end_ask(number, None);
        }
    }

    /// Returns whether the sender of an ask waits, as far as is known.
    pub(crate) fn is_waiting(&self, ask: &Ask) -> bool {
        let ends_by_itself = !ask.is_by_message.load(Relaxed) || ask.from.number() == 0;
        let still_waits = |from: &Handling| {
            ask.is_exact.load(Relaxed) || from.progress.load(Relaxed) == ask.progress.load(Relaxed)
        };
        ask.turn.is_open() && (ends_by_itself || ask.from.find(&self.handlings).is_some_and(still_waits))
    }
}
