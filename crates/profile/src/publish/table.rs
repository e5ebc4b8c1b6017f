//! The records of open handlings.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock};

use traced_actor::TraceContext;
use traced_actor::observe::HandlingId;

use super::context::Context;

/// The number of parts of the table, each with its own lock. The number of a handling determines its part.
const PARTS: usize = 64;
/// The maximum number of pairs of an actor and a kind with a shared record. Beyond it, each message has its own.
const SHARED: usize = 4096;

/// The bit in the numbers of tasks. There are never two billion open handlings at the same time.
const TASK: u32 = 1 << 31;

/// The contexts, by the number of the handling or of the task.
pub(crate) struct Table {
    parts: [Mutex<HashMap<HandlingId, Open>>; PARTS],
    /// The records of messages that are not sampled.
    shared: RwLock<HashMap<(&'static str, &'static str), Context>>,
    tasks: AtomicU32,
}

/// Returns whether this is a task's number.
pub(crate) const fn is_task(number: HandlingId) -> bool {
    number.get() & TASK != 0
}

struct Open {
    actor: &'static str,
    kind: &'static str,
    trace: Option<TraceContext>,
    context: Context,
}

impl Table {
    pub(crate) fn new() -> Self {
        Self {
            parts: std::array::from_fn(|_| Mutex::default()),
            shared: RwLock::default(),
            tasks: AtomicU32::new(0),
        }
    }

    fn part(&self, handling: HandlingId) -> MutexGuard<'_, HashMap<HandlingId, Open>> {
        let part = handling.get() as usize % PARTS;
        self.parts[part].lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn open(&self, handling: HandlingId, actor: &'static str, kind: &'static str) {
        let context = self.of_kind(actor, kind);
        self.part(handling).insert(handling, Open { actor, kind, trace: None, context });
    }

    /// Opens a task that publishes the same as a handling or another task does now. Returns its number.
    pub(crate) fn open_task(&self, of: HandlingId) -> Option<HandlingId> {
        let (actor, kind, trace, context) = {
            let part = self.part(of);
            let Open { actor, kind, trace, context } = part.get(&of)?;
            (*actor, *kind, *trace, context.clone())
        };
        let number = HandlingId::new(self.tasks.fetch_add(1, Relaxed) | TASK)?;
        self.part(number).insert(number, Open { actor, kind, trace, context });
        Some(number)
    }

    /// Sets the span of a handling.
    pub(crate) fn sampled(&self, handling: HandlingId, trace: TraceContext) {
        if let Some(open) = self.part(handling).get_mut(&handling) {
            open.trace = Some(trace);
            open.context = Context::new(open.trace, open.actor, open.kind);
        }
    }

    /// Sets the actor of a handling.
    pub(crate) fn claimed(&self, handling: HandlingId, actor: &'static str) {
        let mut part = self.part(handling);
        if let Some(open) = part.get_mut(&handling).filter(|open| open.actor != actor) {
            open.actor = actor;
            open.context = match open.trace {
                Some(_) => Context::new(open.trace, actor, open.kind),
                None => self.of_kind(actor, open.kind),
            };
        }
    }

    pub(crate) fn context(&self, handling: HandlingId) -> Option<Context> {
        self.part(handling).get(&handling).map(|open| open.context.clone())
    }

    pub(crate) fn close(&self, handling: HandlingId) {
        self.part(handling).remove(&handling);
    }

    fn of_kind(&self, actor: &'static str, kind: &'static str) -> Context {
        if let Some(shared) = self.shared.read().unwrap_or_else(PoisonError::into_inner).get(&(actor, kind)) {
            return shared.clone();
        }
        let context = Context::new(None, actor, kind);
        let mut shared = self.shared.write().unwrap_or_else(PoisonError::into_inner);
        if shared.len() < SHARED {
            shared.insert((actor, kind), context.clone());
        }
        context
    }
}
