//! The safety net: tokio tasks that receive without a flow of their own, known by their id.
//!
//! The state of such a task is kept while something is open in it, in one table. Whoever closes its last message takes the
//! state out again, in whatever task that is.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{LazyLock, Mutex, PoisonError};

use tokio::task::Id;

use super::here::{HERE, Here};
use super::state::FlowState;
use crate::context::scope;

static TASKS: LazyLock<Mutex<HashMap<Id, FlowState>>> = LazyLock::new(Mutex::default);
/// How many there are. A task that has no state need not look for one.
static COUNT: AtomicUsize = AtomicUsize::new(0);

/// Changes the table, and counts what is in it before anybody else changes it.
fn changed(change: impl FnOnce(&mut HashMap<Id, FlowState>) -> Option<FlowState>) -> Option<FlowState> {
    let mut tasks = TASKS.lock().unwrap_or_else(PoisonError::into_inner);
    let changed = change(&mut tasks);
    COUNT.store(tasks.len(), Relaxed);
    changed
}

/// Whether a task without a flow may have anything open.
#[inline]
pub(super) fn is_used() -> bool {
    COUNT.load(Relaxed) > 0
}

/// Shows the state of what runs here: of the flow, of the task without one, or of the thread.
#[inline]
pub(super) fn here<R>(look: impl FnOnce(&Here) -> R) -> R {
    HERE.with(|here| {
        if here.word.get().is_scoped() {
            return look(here);
        }
        match tokio::task::try_id() {
            Some(id) => of_task(here, id, look),
            None => look(here),
        }
    })
}

/// Shows the state of a task without a flow, which need not be the one that runs.
#[cold]
pub(super) fn of_task<R>(here: &Here, id: Id, look: impl FnOnce(&Here) -> R) -> R {
    let state = if is_used() { changed(|tasks| tasks.remove(&id)) } else { None };
    let mut state = state.unwrap_or_else(|| {
        let mut state = FlowState::of_task();
        state.join(scope::current());
        state
    });
    let exchanged = Exchanged::new(here, &mut state);
    let result = look(here);
    here.prune();
    drop(exchanged);
    if !state.is_idle() {
        changed(|tasks| tasks.insert(id, state));
    }
    result
}

/// The state of a task in the place of the thread's, also if what looks at it panics.
struct Exchanged<'a> {
    here: &'a Here,
    state: &'a mut FlowState,
}

impl<'a> Exchanged<'a> {
    fn new(here: &'a Here, state: &'a mut FlowState) -> Self {
        state.exchange_quietly(here);
        Self { here, state }
    }
}

impl Drop for Exchanged<'_> {
    fn drop(&mut self) {
        self.state.exchange_quietly(self.here);
    }
}

/// Ends what is open on this thread, outside of any flow, when the thread ends.
pub(super) fn end_with_thread() {
    struct End;
    impl Drop for End {
        fn drop(&mut self) {
            let mut state = FlowState::outside();
            HERE.with(|here| {
                if !here.word.get().is_scoped() {
                    state.exchange_quietly(here);
                }
            });
        }
    }
    thread_local! {
        static END: End = const { End };
    }
    let _ = END.try_with(|_| ());
}
