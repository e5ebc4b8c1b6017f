//! The observer that publishes, wrapped around another one.

use std::sync::Arc;

use traced_actor::TraceContext;
use traced_actor::observe::{
    ActorChange, AskEnd, HandlingId, Known, Mailbox, MessageType, Observer, Received, Unsent,
};
use traced_actor::record::Failure;

use super::context::Context;
use super::table::{Table, is_task};

/// Returns an observer that publishes the work of handlers, and forwards every event to another observer.
pub(crate) fn publishing(observer: impl Observer) -> impl Observer {
    Publishing { observer, table: Table::new() }
}

struct Publishing<O> {
    observer: O,
    table: Table,
}

impl<O: Observer> Observer for Publishing<O> {
    fn sent(&self, message: MessageType, to: Option<&Mailbox>, from: Option<HandlingId>) -> u64 {
        self.observer.sent(message, to, own(from))
    }

    fn now(&self) -> u64 {
        self.observer.now()
    }

    fn send_waited(&self, message: MessageType, to: Option<&Mailbox>, since: u64) {
        self.observer.send_waited(message, to, since);
    }

    fn send_failed(&self, message: MessageType, to: Option<&Mailbox>, reason: Unsent) {
        self.observer.send_failed(message, to, reason);
    }

    fn received(&self, received: &Received<'_>) -> Option<HandlingId> {
        let handling = self.observer.received(received)?;
        let actor = received.actor.unwrap_or_else(|| short(received.message.type_name));
        let kind = if received.is_batch { "batch" } else { received.message.kind.name() };
        self.table.open(handling, actor, kind);
        Some(handling)
    }

    fn batched(&self, received: &Received<'_>) {
        self.observer.batched(received);
    }

    fn sampled(&self, handling: HandlingId, context: TraceContext) {
        self.observer.sampled(handling, context);
        self.table.sampled(handling, context);
    }

    fn claimed(&self, handling: HandlingId, actor: &'static str) {
        self.observer.claimed(handling, actor);
        self.table.claimed(handling, actor);
    }

    fn polled(&self, handling: HandlingId) {
        if !is_task(handling) {
            self.observer.polled(handling);
        }
        Context::swap(self.table.context(handling));
    }

    fn left(&self, handling: HandlingId, before: Option<HandlingId>) {
        if !is_task(handling) {
            self.observer.left(handling, own(before));
        }
        Context::swap(before.and_then(|before| self.table.context(before)));
    }

    fn spawned(&self, of: HandlingId) -> Option<HandlingId> {
        self.table.open_task(of)
    }

    fn ended(&self, handling: HandlingId, failure: Option<&Failure<'_>>) {
        // First, because the other observer may reuse the number.
        self.table.close(handling);
        if !is_task(handling) {
            self.observer.ended(handling, failure);
        }
    }

    fn held(&self, handling: HandlingId) {
        self.table.close(handling);
        self.observer.held(handling);
    }

    fn opened(&self, mailbox: &Arc<Mailbox>) {
        self.observer.opened(mailbox);
    }

    fn closed(&self, mailbox: &Mailbox) {
        self.observer.closed(mailbox);
    }

    fn lagged(&self, mailbox: &Mailbox, messages: u64) {
        self.observer.lagged(mailbox, messages);
    }

    fn asked(&self, to: Option<&Mailbox>, from: Option<HandlingId>) -> Option<HandlingId> {
        self.observer.asked(to, own(from))
    }

    fn asked_by_message(
        &self,
        message: MessageType,
        from: Option<HandlingId>,
        known: Known,
    ) -> Option<HandlingId> {
        self.observer.asked_by_message(message, own(from), known)
    }

    fn taken(&self, ask: HandlingId, by: HandlingId) {
        self.observer.taken(ask, by);
    }

    fn answered(&self, ask: HandlingId, end: AskEnd) {
        self.observer.answered(ask, end);
    }

    fn changed(&self, actor: &'static str, change: ActorChange) {
        self.observer.changed(actor, change);
    }
}

/// Returns a number that the other observer gave out: it does not know those of tasks.
fn own(handling: Option<HandlingId>) -> Option<HandlingId> {
    handling.filter(|handling| !is_task(*handling))
}

/// Returns the last part of a type's name, without its parameters.
fn short(type_name: &'static str) -> &'static str {
    let name = type_name.split('<').next().unwrap_or(type_name);
    name.rsplit("::").next().unwrap_or(name)
}
