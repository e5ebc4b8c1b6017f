//! The reference model: which span each piece of work belongs to.
//!
//! It follows the documented rules and does not share any state or code with the runtime. Flows, spans and receivers are
//! numbers, and the open messages are a plain list. Every rule stands above the function that applies it. If the rules do not
//! define a step, the function returns [`Unclear`], and the tested program skips that step.

use std::collections::BTreeSet;

/// The number of a flow: one logical thread of execution.
pub(crate) type FlowNo = usize;
/// The number of a span.
pub(crate) type SpanNo = usize;
/// The number of a receiver.
pub(crate) type RxNo = usize;

/// The rules do not say what this step does.
#[derive(Debug)]
pub(crate) struct Unclear;

/// Marks the span of a batch, which is identified by the number of its messages.
pub(crate) const BATCH: u32 = 1 << 30;

/// The result of a step, if the rules define one.
pub(crate) type Clear<T> = Result<T, Unclear>;

/// The work of a flow, as a send captures it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Current {
    /// No decision was made.
    Absent,
    /// Not sampled.
    Unsampled,
    /// Sampled, below this span.
    Below(SpanNo),
}

/// The message that a handler is called with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Carried {
    /// A plain message.
    Plain,
    /// An envelope that a receive or `hold` returned, with the context in it.
    Own(Current),
}

/// A message's type and variant. Whether a trace that it starts is kept follows from the variant.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Kind {
    pub(crate) ty: u8,
    pub(crate) variant: u8,
    pub(crate) kept: bool,
}

/// The ways in which a span ends.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Fault {
    /// Without an error.
    None,
    /// With the error of its function.
    Error,
    /// The future was dropped.
    Cancelled,
    /// The function panicked.
    Panic,
    /// One of the above; the rules do not define which.
    Any,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    /// Received, and not yet claimed.
    Open,
    /// The receiver was asked for more, but the message may still be claimed.
    Waiting,
    /// Claimed by a handler.
    Claimed,
    Ended,
    /// Stashed before anything was sent below it: there is no span.
    Discarded,
}

#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a question that the rules ask")]
pub(crate) struct Span {
    pub(crate) message: u32,
    pub(crate) kind: Kind,
    pub(crate) parent: Current,
    pub(crate) links: usize,
    pub(crate) fault: Fault,
    /// The sender is in another process: only the number of the span is known.
    pub(crate) is_outside: bool,
    sampled: bool,
    is_batch: bool,
    state: State,
    received_by: Option<FlowNo>,
    /// The flows that may still claim it after its receiver was asked.
    waiters: BTreeSet<FlowNo>,
    /// A message was sent, or a flow was spawned, below it.
    used: bool,
    /// The rules do not define whether something was sent below it.
    perhaps_used: bool,
}

/// The kind of a flow.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Scope {
    /// A receive loop that the macro wraps: the error that it returns is recorded.
    Loop,
    /// A future behind `.traced()`.
    Traced,
    /// A task of `task::spawn`.
    Spawned,
    /// A handler.
    Handler,
    /// A tokio task without any of these.
    Task,
}

/// The progress of a flow.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Progress {
    New,
    /// In its first poll, or between polls after it.
    FirstPoll,
    Polled,
    Done,
}

#[derive(Debug)]
struct Flow {
    scope: Scope,
    progress: Progress,
    is_polled_now: bool,
    /// The flow that polls it.
    poller: Option<FlowNo>,
    /// The current span if none of its received messages is open: its handler's span, or the inherited one.
    floor: Current,
    /// A loop that awaits each handler in place, and sends what it returns.
    replies: bool,
    /// The message that it handled last, until it asks a receiver.
    continued: Option<Current>,
    /// The handler's span.
    own: Option<SpanNo>,
    /// The received messages that nobody has claimed, in this order.
    open: Vec<SpanNo>,
    /// Open messages whose receiver it dropped in this poll.
    dying: Vec<SpanNo>,
    /// The message that was current in the flow that spawned it.
    inherited: Option<SpanNo>,
    /// The received messages that another flow's receive ended before they were claimed.
    lost: Vec<SpanNo>,
    last_received: Option<SpanNo>,
}

#[derive(Default, Debug)]
pub(crate) struct Model {
    pub(crate) spans: Vec<Span>,
    flows: Vec<Flow>,
    /// The message that each receiver returned last.
    last: Vec<Option<SpanNo>>,
    /// For each receiver, `true` if it is received from by shared reference.
    is_shared: Vec<bool>,
}

impl Model {
    /// Returns a world with one receiver per element. The element is `true` if it is received from by shared reference.
    pub(crate) fn new(is_shared: Vec<bool>) -> Self {
        Self { last: vec![None; is_shared.len()], is_shared, ..Self::default() }
    }

    /// Adds the span of a sender in another process, which has this number there.
    pub(crate) fn outside(&mut self, number: u32) -> SpanNo {
        let kind = Kind { ty: u8::MAX, variant: 0, kept: true };
        let span = self.span(number, kind, Current::Absent, State::Ended, None);
        self.spans[span].is_outside = true;
        span
    }

    // ----- the current span of a flow -----

    /// The last message that the flow received is current while it is open; below all of them is the flow's floor. An entry
    /// that has ended for any reason is skipped.
    ///
    /// What a loop sends of its handler's return value belongs to the handled message, until the loop asks a receiver for the
    /// next one, if it awaits each handler in place. Of any other loop it belongs to no message.
    pub(crate) fn current(&self, flow: FlowNo) -> Current {
        match self.open_in(flow).last() {
            Some(span) => self.below(span),
            None => self.flows[flow].continued.unwrap_or(self.flows[flow].floor),
        }
    }

    /// Captures the current span of the flow, as a send does.
    pub(crate) fn send(&mut self, flow: FlowNo) -> Current {
        let current = self.current(flow);
        self.use_(current);
        current
    }

    // ----- flows -----

    /// Adds the scope of a loop or of a `.traced()` future, or a plain task. It has no span yet.
    ///
    /// Decision 14: a scope inherits at its first poll. A plain task inherits nothing.
    pub(crate) fn scope(&mut self, scope: Scope) -> FlowNo {
        self.flow(scope, Current::Absent, None)
    }

    /// Adds the scope of a loop that awaits each handler in place, and sends what it returns.
    pub(crate) fn replying_loop(&mut self) -> FlowNo {
        let flow = self.scope(Scope::Loop);
        self.flows[flow].replies = true;
        flow
    }

    /// Adds a task of `task::spawn`. Decision 14: it inherits when `spawn` is called. It inherits the context, not the list.
    ///
    /// Decision 1: the new task may claim what is current, until the end of its first poll.
    pub(crate) fn spawn(&mut self, flow: FlowNo) -> FlowNo {
        let floor = self.send(flow);
        let spawned = self.flow(Scope::Spawned, floor, None);
        let current = self.open_in(flow).next_back();
        if let Some(span) = current
            && self.spans[span].sampled
        {
            self.flows[spawned].inherited = Some(span).filter(|&span| !self.spans[span].is_batch);
            self.spans[span].waiters.insert(spawned);
        }
        spawned
    }

    pub(crate) fn poll_begins(&mut self, flow: FlowNo, poller: Option<FlowNo>) {
        if self.flows[flow].progress == Progress::New {
            // A loop that another one calls behind its handler receives, and so ends what that one continues.
            if let (Scope::Loop, Some(poller)) = (self.flows[flow].scope, poller) {
                self.flows[poller].continued = None;
            }
            if matches!(self.flows[flow].scope, Scope::Loop | Scope::Traced) {
                self.flows[flow].floor = poller.map_or(Current::Absent, |poller| self.send(poller));
            }
            self.flows[flow].progress = Progress::FirstPoll;
        }
        self.flows[flow].is_polled_now = true;
        self.flows[flow].poller = poller;
    }

    /// Decision 1: a flow that could claim a message only in this poll gives it up now. Decision 3: from now on, the flow that
    /// asks the receiver ends the message at once. Decision 10: so does a receiver that this flow dropped.
    pub(crate) fn poll_ends(&mut self, flow: FlowNo) {
        self.flows[flow].is_polled_now = false;
        self.flows[flow].poller = None;
        self.flows[flow].progress = Progress::Polled;
        self.give_up(flow, Fault::None);
    }

    /// Drops a scope in this flow before its first poll. Values in the scope may send from `Drop`; the rules do not define
    /// whether these messages inherit.
    pub(crate) fn dropped_unpolled(&mut self, dropper: Option<FlowNo>) {
        if let Some(Current::Below(span)) = dropper.map(|dropper| self.current(dropper)) {
            self.spans[span].perhaps_used = true;
        }
    }

    /// Ends a flow: its function returned or panicked, or its future was dropped.
    ///
    /// A message that nobody has claimed ends when the function with the loop returns, with that function's `Err` if it
    /// has one. Decision 13: an error of the handler also marks the messages that are still open on top of it. Messages
    /// that are received while a handler runs end with the handler at the latest. The end of a plain task is not seen:
    /// its messages end with their receivers.
    pub(crate) fn finish(&mut self, flow: FlowNo, fault: Fault) {
        let seen = match (self.flows[flow].scope, fault) {
            (Scope::Traced | Scope::Spawned | Scope::Task, Fault::Error) => Fault::None,
            (_, fault) => fault,
        };
        self.flows[flow].is_polled_now = false;
        self.flows[flow].progress = Progress::Done;
        self.give_up(flow, seen);
        if self.flows[flow].scope != Scope::Task {
            for span in std::mem::take(&mut self.flows[flow].open) {
                // A task that was spawned below it and has not been polled may still claim it. Then the error of that
                // task's handler counts. If it does not claim it, the result is undefined.
                let waits = !self.spans[span].waiters.is_empty();
                let fault = if waits && seen != Fault::None { Fault::Any } else { seen };
                self.close(span, fault);
            }
        }
        if let Some(span) = self.flows[flow].own {
            self.end(span, seen);
        }
    }

    // ----- receives -----

    /// Returns an error if the rules do not define what happens when this flow, or none, asks the receiver for its next
    /// message.
    ///
    /// They do not if a plain task received the last message and is in the middle of a poll, because its polls are not
    /// observed. They do not either if several flows share the receiver by reference: the asking flow may be another worker.
    pub(crate) fn can_ask(&self, flow: Option<FlowNo>, rx: RxNo) -> Clear<()> {
        let Some(span) = self.last[rx] else { return Ok(()) };
        let owner = self.spans[span].received_by.filter(|&owner| Some(owner) != flow);
        if owner.is_some() && self.is_shared[rx] {
            return Err(Unclear);
        }
        match owner.map(|owner| &self.flows[owner]) {
            Some(owner) if owner.scope == Scope::Task && owner.is_polled_now => Err(Unclear),
            _ => Ok(()),
        }
    }

    /// Ends a message that nobody has claimed: at the first poll of the next receive on its receiver, or when that
    /// receive is dropped unpolled.
    ///
    /// Decisions 1 and 2: it waits while a flow that may still claim it has not given up: the flow that received it until its
    /// poll ends, unless that flow is the one that asks, and each task spawned below it until its first poll ends.
    ///
    /// A loop that sends what its handlers return works on no message from now on.
    pub(crate) fn ask(&mut self, flow: Option<FlowNo>, rx: RxNo) {
        if let Some(flow) = flow {
            self.flows[flow].continued = None;
        }
        self.close_last(flow, rx);
    }

    fn close_last(&mut self, flow: Option<FlowNo>, rx: RxNo) {
        let Some(span) = self.last[rx].take() else { return };
        if self.spans[span].state != State::Open {
            return;
        }
        let owner = self.spans[span].received_by.expect("it was received");
        if Some(owner) == flow {
            self.flows[owner].open.retain(|&open| open != span);
            self.spans[span].waiters.remove(&owner);
        } else {
            self.flows[owner].lost.push(span);
        }
        self.close(span, Fault::None);
    }

    /// A receive opens the message's span: a child of the sender's, or, if no decision was made, a root that the sampler
    /// decides about.
    pub(crate) fn receive(&mut self, flow: FlowNo, rx: RxNo, message: u32, kind: Kind, carried: Current) {
        let span = self.span(message, kind, carried, State::Open, Some(flow));
        self.opened(flow, rx, span);
    }

    /// Returns an error if the rules do not define the span of this batch.
    pub(crate) fn can_receive_batch(&self, batch: &[(Kind, Current)]) -> Clear<()> {
        let (kind, first) = batch[0];
        // The rules do not define whether a handler claims a batch of one.
        if batch.len() == 1 {
            return Err(Unclear);
        }
        let is_clear = match first {
            Current::Absent => batch.iter().all(|&(kind, carried)| carried == first && kind.kept),
            Current::Unsampled => batch.iter().all(|&(_, carried)| carried == first),
            // One sender, or one trace per message.
            Current::Below(_) => {
                let mut traces = BTreeSet::new();
                let all_sampled = batch.iter().all(|(_, carried)| match carried {
                    Current::Below(span) => {
                        traces.insert(self.trace(*span));
                        true
                    }
                    Current::Absent | Current::Unsampled => false,
                });
                let one_sender = batch.iter().all(|(_, carried)| *carried == first);
                all_sampled && (one_sender || kind.kept && traces.len() == batch.len())
            }
        };
        if is_clear { Ok(()) } else { Err(Unclear) }
    }

    /// Decision 9: a batch is one span, a child if its messages share one trace, else a root with links.
    pub(crate) fn receive_batch(&mut self, flow: FlowNo, rx: RxNo, batch: &[(Kind, Current)]) {
        let message = BATCH | u32::try_from(batch.len()).expect("a short program");
        let (kind, first) = batch[0];
        let one_sender = batch.iter().all(|(_, carried)| *carried == first);
        let parent = if one_sender { first } else { Current::Absent };
        let span = self.span(message, kind, parent, State::Open, Some(flow));
        self.spans[span].is_batch = true;
        self.spans[span].links = if one_sender { 0 } else { batch.len() };
        self.opened(flow, rx, span);
    }

    /// Returns an error if the rules do not define what happens when this flow, or none, drops the receiver.
    pub(crate) fn can_drop_receiver(&self, flow: Option<FlowNo>, rx: RxNo) -> Clear<()> {
        if self.is_shared[rx] { Ok(()) } else { self.can_ask(flow, rx) }
    }

    /// Ends a message that nobody has claimed when its receiver is dropped.
    ///
    /// Decision 10: a receiver is dropped before its loop's `Err` is seen, so its message ends with the poll, and with the
    /// error if the flow ends in that poll.
    pub(crate) fn drop_receiver(&mut self, flow: Option<FlowNo>, rx: RxNo) {
        let span = self.last[rx].filter(|&span| self.spans[span].state == State::Open);
        match (flow, span) {
            (Some(flow), Some(span))
                if self.spans[span].received_by == Some(flow) && self.flows[flow].scope != Scope::Task =>
            {
                self.last[rx] = None;
                self.flows[flow].open.retain(|&open| open != span);
                self.spans[span].waiters.insert(flow);
                self.close(span, Fault::None);
                self.flows[flow].dying.push(span);
            }
            _ => self.close_last(flow, rx),
        }
    }

    // ----- claims -----

    /// A handler's call claims the message, before its future is polled. The handler is its own flow, and its span ends
    /// when its future is done or dropped, and by nothing else.
    pub(crate) fn call(&mut self, flow: FlowNo, message: u32, kind: Kind, carried: Carried) -> Clear<FlowNo> {
        if self.flows[flow].replies {
            self.has_only(flow, kind, carried)?;
        }
        let span = match carried {
            // A stashed message is handled under its own trace.
            Carried::Own(parent) => self.handled(message, kind, parent),
            Carried::Plain => match self.claimable(flow, kind)? {
                Claimable::One(span) => self.claim(span),
                Claimable::Several(candidates) => self.ambiguous(message, kind, &candidates)?,
                Claimable::None => {
                    let parent = self.direct(flow, kind)?;
                    // The rules do not define a second call with such a message.
                    self.flows[flow].last_received = None;
                    self.use_(parent);
                    self.handled(message, kind, parent)
                }
            },
        };
        let (floor, own) = match span {
            Some(span) => (Current::Below(span), Some(span)),
            None => (Current::Unsampled, None),
        };
        if self.flows[flow].replies {
            self.flows[flow].continued = Some(floor);
        }
        Ok(self.flow(Scope::Handler, floor, own))
    }

    /// Returns an error if a loop that sends what its handlers return has another open message than the handler's: the rules
    /// do not define which one it works on afterwards.
    fn has_only(&self, flow: FlowNo, kind: Kind, carried: Carried) -> Clear<()> {
        let its = match carried {
            Carried::Own(_) => None,
            Carried::Plain => match self.claimable(flow, kind)? {
                Claimable::One(span) => Some(span),
                Claimable::Several(_) => return Err(Unclear),
                Claimable::None => None,
            },
        };
        let is_other = |span: &SpanNo| {
            Some(*span) != its && matches!(self.spans[*span].state, State::Open | State::Waiting)
        };
        if self.flows[flow].open.iter().any(is_other) { Err(Unclear) } else { Ok(()) }
    }

    /// Decision 4: if two messages of one type and kind are open and unclaimed, neither is claimed. The span is a root with
    /// links to both, and is unsampled if both are.
    fn ambiguous(&mut self, message: u32, kind: Kind, candidates: &[SpanNo]) -> Clear<Option<SpanNo>> {
        let sampled = candidates.iter().filter(|&&span| self.spans[span].sampled).count();
        if sampled == 0 {
            return Ok(None);
        }
        if sampled < candidates.len() || !kind.kept {
            return Err(Unclear);
        }
        for &span in candidates {
            self.spans[span].used = true;
        }
        let span = self.handled(message, kind, Current::Absent);
        self.spans[span.expect("the sampler keeps this kind")].links = candidates.len();
        Ok(span)
    }

    /// If there is nothing to claim, the call continues the flow's current work.
    ///
    /// Decisions 2 and 11: if another flow's receive has ended the last message of a flow, the flow continues below the ended
    /// span, or unsampled.
    fn direct(&self, flow: FlowNo, kind: Kind) -> Clear<Current> {
        let current = self.current(flow);
        let lost: Vec<SpanNo> =
            self.flows[flow].lost.iter().copied().filter(|&span| self.spans[span].kind == kind).collect();
        match lost[..] {
            [] => Ok(current),
            // Decision 12: not covered in a plain task.
            [span]
                if current == Current::Absent
                    && self.flows[flow].scope != Scope::Task
                    && self.flows[flow].lost.len() == 1
                    && self.flows[flow].last_received == Some(span)
                    && self.spans[span].state == State::Ended
                    && !self.spans[span].is_batch =>
            {
                Ok(self.below(span))
            }
            _ => Err(Unclear),
        }
    }

    /// Returns the message that a plain message of this kind may be.
    fn claimable(&self, flow: FlowNo, kind: Kind) -> Clear<Claimable> {
        let here = &self.flows[flow];
        let is_match = |span: &SpanNo| self.spans[*span].kind == kind && !self.spans[*span].is_batch;
        let own: Vec<SpanNo> = here
            .open
            .iter()
            .copied()
            .filter(is_match)
            .filter(|&span| match self.spans[span].state {
                State::Open => true,
                State::Waiting => self.spans[span].waiters.contains(&flow),
                State::Claimed | State::Ended | State::Discarded => false,
            })
            .collect();
        // Undefined: a message whose receiver this flow has dropped in this poll, or one that another flow's receive has
        // ended while others of its kind are open.
        if here.dying.iter().any(|span| is_match(span) && self.spans[*span].state == State::Waiting) {
            return Err(Unclear);
        }
        let is_waiting = |span: SpanNo| self.spans[span].state == State::Waiting;
        if own.len() > 1 && own.iter().any(|&span| is_waiting(span)) {
            return Err(Unclear);
        }
        // So is an unsampled message that another flow's receive has ended, below one that is open.
        let is_below = |span: SpanNo| self.open_in(flow).any(|open| open > span);
        if own.iter().any(|&span| is_waiting(span) && !self.spans[span].sampled && is_below(span)) {
            return Err(Unclear);
        }
        // It may be the message that another flow's receive has ended, or the open one.
        if !own.is_empty() && here.lost.iter().any(|span| is_match(span) && !own.contains(span)) {
            return Err(Unclear);
        }
        match own.len() {
            0 => {}
            1 => return Ok(Claimable::One(own[0])),
            _ => return Ok(Claimable::Several(own)),
        }
        let is_pending =
            |span: &SpanNo| is_match(span) && matches!(self.spans[*span].state, State::Open | State::Waiting);
        // Decision 7: the inherited message counts only while the flow has no open message of its own.
        if here.progress == Progress::FirstPoll && here.scope == Scope::Spawned {
            let has_own =
                here.open.iter().any(|&span| matches!(self.spans[span].state, State::Open | State::Waiting));
            if let Some(span) = here.inherited.filter(is_pending) {
                let is_waiting_own = self.open_in(flow).next().is_none() && has_own;
                return match (has_own, is_waiting_own) {
                    (false, _) => Ok(Claimable::One(span)),
                    (true, false) => Ok(Claimable::None),
                    (true, true) => Err(Unclear),
                };
            }
        }
        // Undefined: a scope within the flow that received the message or within the task that may claim it, or a task
        // spawned by such a task.
        if let (Scope::Loop | Scope::Traced, Progress::FirstPoll, Current::Below(span)) =
            (here.scope, here.progress, here.floor)
            && is_match(&span)
            && self.spans[span].received_by.is_some()
            && self.spans[span].state != State::Claimed
        {
            return Err(Unclear);
        }
        let mut around = here.poller;
        let mut within = here.scope;
        while let (Scope::Loop | Scope::Traced, Some(outer)) = (within, around) {
            let flow = &self.flows[outer];
            if flow.open.iter().any(is_pending)
                || flow
                    .inherited
                    .is_some_and(|span| is_pending(&span) && flow.progress == Progress::FirstPoll)
            {
                return Err(Unclear);
            }
            (around, within) = (flow.poller, flow.scope);
        }
        if let (Scope::Spawned, Current::Below(span)) = (here.scope, here.floor)
            && is_pending(&span)
        {
            return Err(Unclear);
        }
        Ok(Claimable::None)
    }

    /// Stashes the context of the message that was just received, as `hold` does.
    ///
    /// Decision 6: the span that the receive opened is discarded, and the envelope carries the sender's context again. If
    /// something was sent below that span, the span ends and the held message continues it.
    pub(crate) fn hold(&mut self, flow: FlowNo, kind: Kind) -> Clear<Current> {
        let Claimable::One(span) = self.claimable(flow, kind)? else { return Err(Unclear) };
        if self.spans[span].received_by != Some(flow) || self.spans[span].state != State::Open {
            return Err(Unclear);
        }
        let used = self.spans[span].used;
        if self.spans[span].perhaps_used && !used {
            return Err(Unclear);
        }
        let held = self.spans[span].clone();
        self.claim(span);
        Ok(if !held.sampled {
            // A root that the sampler drops is dropped again when it is handled.
            Current::Unsampled
        } else if used {
            self.end(span, Fault::None);
            Current::Below(span)
        } else {
            self.spans[span].state = State::Discarded;
            held.parent
        })
    }

    // ----- results -----

    /// Returns the spans that are exported, with how they ended.
    pub(crate) fn exported(&self) -> impl Iterator<Item = (SpanNo, &Span)> {
        self.spans.iter().enumerate().filter(|(_, span)| {
            let is_over = span.state == State::Ended && span.sampled && !span.is_outside;
            assert!(is_over || span.state != State::Open || !span.sampled, "everything is over: {span:?}");
            is_over
        })
    }

    pub(crate) fn is_new(&self, flow: FlowNo) -> bool {
        self.flows[flow].progress == Progress::New
    }

    pub(crate) fn replies(&self, flow: FlowNo) -> bool {
        self.flows[flow].replies
    }

    pub(crate) fn scope_of(&self, flow: FlowNo) -> Scope {
        self.flows[flow].scope
    }

    // ----- helpers -----

    fn flow(&mut self, scope: Scope, floor: Current, own: Option<SpanNo>) -> FlowNo {
        self.flows.push(Flow {
            scope,
            progress: Progress::New,
            is_polled_now: false,
            poller: None,
            floor,
            replies: false,
            continued: None,
            own,
            open: Vec::new(),
            dying: Vec::new(),
            inherited: None,
            lost: Vec::new(),
            last_received: None,
        });
        self.flows.len() - 1
    }

    fn span(
        &mut self,
        message: u32,
        kind: Kind,
        parent: Current,
        state: State,
        received_by: Option<FlowNo>,
    ) -> SpanNo {
        self.spans.push(Span {
            message,
            kind,
            parent,
            links: 0,
            fault: Fault::None,
            is_outside: false,
            sampled: match parent {
                Current::Absent => kind.kept,
                Current::Unsampled => false,
                Current::Below(_) => true,
            },
            is_batch: false,
            state,
            received_by,
            waiters: BTreeSet::new(),
            used: false,
            perhaps_used: false,
        });
        self.spans.len() - 1
    }

    /// Returns the span of a message that is handled without having been received, if it is sampled.
    fn handled(&mut self, message: u32, kind: Kind, parent: Current) -> Option<SpanNo> {
        let span = self.span(message, kind, parent, State::Claimed, None);
        self.spans[span].sampled.then_some(span)
    }

    /// Returns the span if it is sampled. From now on its handler owns it.
    fn claim(&mut self, span: SpanNo) -> Option<SpanNo> {
        self.spans[span].state = State::Claimed;
        self.spans[span].waiters.clear();
        if let Some(owner) = self.spans[span].received_by {
            self.flows[owner].open.retain(|&open| open != span);
            self.flows[owner].lost.retain(|&lost| lost != span);
        }
        self.spans[span].sampled.then_some(span)
    }

    fn opened(&mut self, flow: FlowNo, rx: RxNo, span: SpanNo) {
        // The end of a plain task's poll is not observed.
        if self.flows[flow].scope != Scope::Task {
            self.spans[span].waiters.insert(flow);
        }
        self.flows[flow].open.push(span);
        self.flows[flow].last_received = Some(span);
        self.last[rx] = Some(span);
    }

    /// Returns the open messages of the flow.
    fn open_in(&self, flow: FlowNo) -> impl DoubleEndedIterator<Item = SpanNo> {
        self.flows[flow].open.iter().copied().filter(|&span| self.spans[span].state == State::Open)
    }

    fn below(&self, span: SpanNo) -> Current {
        if self.spans[span].sampled { Current::Below(span) } else { Current::Unsampled }
    }

    fn use_(&mut self, current: Current) {
        if let Current::Below(span) = current {
            self.spans[span].used = true;
        }
    }

    /// Returns the root of the trace.
    fn trace(&self, mut span: SpanNo) -> SpanNo {
        while let Current::Below(parent) = self.spans[span].parent {
            span = parent;
        }
        span
    }

    /// Ends the message, unless somebody may still claim it.
    fn close(&mut self, span: SpanNo, fault: Fault) {
        if self.spans[span].state != State::Open {
            return;
        }
        if self.spans[span].waiters.is_empty() {
            self.end(span, fault);
        } else {
            self.spans[span].state = State::Waiting;
            self.spans[span].fault = fault;
        }
    }

    fn end(&mut self, span: SpanNo, fault: Fault) {
        self.spans[span].state = State::Ended;
        self.spans[span].fault = fault;
    }

    /// Ends this flow's right to claim messages that it could claim until now.
    fn give_up(&mut self, flow: FlowNo, fault: Fault) {
        let dying = std::mem::take(&mut self.flows[flow].dying);
        // Decision 10: one per flow. The rules do not define whether the error marks the others.
        for &span in dying.iter().rev().skip(1) {
            if self.spans[span].state == State::Waiting && fault != Fault::None {
                self.spans[span].fault = Fault::Any;
            }
        }
        if let Some(&span) = dying.last()
            && self.spans[span].state == State::Waiting
            && fault != Fault::None
        {
            let others = self.spans[span].waiters.len() > 1;
            self.spans[span].fault = if others { Fault::Any } else { fault };
        }
        for span in 0..self.spans.len() {
            // Another flow asked for more in the poll in which this one failed. The rules do not define whether that marks it.
            let is_mine = self.spans[span].received_by == Some(flow) && !dying.contains(&span);
            if is_mine && self.spans[span].state == State::Waiting && fault != Fault::None {
                self.spans[span].fault = Fault::Any;
            }
            if self.spans[span].waiters.remove(&flow)
                && self.spans[span].waiters.is_empty()
                && self.spans[span].state == State::Waiting
            {
                let fault = self.spans[span].fault;
                self.end(span, fault);
            }
        }
    }
}

/// The possible meanings of a plain message.
enum Claimable {
    None,
    One(SpanNo),
    Several(Vec<SpanNo>),
}
