//! The safety net: tokio tasks that receive without a flow are identified by their task id.
//!
//! A table has the state of each such task while a message is open in it. Closing the last message removes the state,
//! in whichever task that happens.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::sync::{Condvar, LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::task::Id;

use super::active::Identity;
use super::here::{HERE, Here, Unsampled};
use super::state::FlowState;
use super::word::Word;
use crate::context::{SampledContext, scope};

/// States by task. `None` while a state is in use.
type Tasks = HashMap<Id, Option<FlowState>>;

static TASKS: LazyLock<Mutex<Tasks>> = LazyLock::new(Mutex::default);
/// Notified when a state is no longer in use.
static LOOKED: Condvar = Condvar::new();
/// The number of tasks with a state. If it is 0, a task need not look for its own.
static COUNT: AtomicUsize = AtomicUsize::new(0);

/// The maximum time to wait for another use of the same task's state. A use is short, unless a recorder blocks.
const PATIENCE: Duration = Duration::from_millis(10);

fn tasks() -> MutexGuard<'static, Tasks> {
    TASKS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Takes the state of a task out of the table, if it has one, and keeps its place.
///
/// Waits while the state is in use, but no longer than [`PATIENCE`].
fn take(id: Id) -> Option<FlowState> {
    let in_use = |tasks: &mut Tasks| matches!(tasks.get(&id), Some(None));
    let waited = LOOKED.wait_timeout_while(tasks(), PATIENCE, in_use);
    waited.unwrap_or_else(PoisonError::into_inner).0.get_mut(&id)?.take()
}

/// Puts the state of a task into the table while something is open in it.
fn put(id: Id, state: FlowState) {
    let idle = {
        let mut tasks = tasks();
        let idle = if state.is_idle() {
            tasks.remove(&id);
            Some(state)
        } else {
            tasks.insert(id, Some(state)).flatten()
        };
        COUNT.store(tasks.len(), Relaxed);
        idle
    };
    LOOKED.notify_all();
    drop(idle); // which may end spans: not while others wait for the table
}

/// Returns whether a task without a flow may have an open message.
#[inline]
pub(super) fn is_used() -> bool {
    COUNT.load(Relaxed) > 0
}

/// Calls a function with the current state: that of the flow, of the task without one, or of the thread.
#[inline]
pub(super) fn here<R>(look: impl FnOnce(&Here) -> R) -> R {
    HERE.with(|here| {
        let word = here.word.get();
        if word.is_scoped() || word.is_task() {
            return look(here);
        }
        match tokio::task::try_id() {
            Some(id) => of_task(here, id, look),
            None => look(here),
        }
    })
}

/// Calls a function with the state of a task without a flow, which may not be the current task.
#[cold]
pub(super) fn of_task<R>(here: &Here, id: Id, look: impl FnOnce(&Here) -> R) -> R {
    let exchanged = Exchanged::new(here, id, if is_used() { take(id) } else { None });
    let result = look(here);
    here.prune();
    drop(exchanged);
    result
}

fn new_state() -> FlowState {
    let mut state = FlowState::of_task();
    state.join(scope::current());
    state
}

/// A task's state that temporarily replaces the thread's. It is put back even if the code that uses it panics.
struct Exchanged<'a> {
    here: &'a Here,
    id: Id,
    state: FlowState,
    /// Whether the table has a place for the state.
    has_place: bool,
}

impl<'a> Exchanged<'a> {
    fn new(here: &'a Here, id: Id, taken: Option<FlowState>) -> Self {
        let has_place = taken.is_some();
        let mut state = taken.unwrap_or_else(new_state);
        state.exchange(here);
        Self { here, id, state, has_place }
    }
}

impl Drop for Exchanged<'_> {
    fn drop(&mut self) {
        self.state.exchange(self.here);
        // Almost no task that only sends has a state, so the table is not touched.
        if self.has_place || !self.state.is_idle() {
            put(self.id, std::mem::replace(&mut self.state, FlowState::of_task()));
        }
    }
}

// ----- messages that another task closed -----

/// A message that another task closed before its own task could claim it.
///
/// This happens if a worker of a pool is interrupted between its receive and its handler.
struct Lost {
    task: Id,
    message: Closed,
}

/// The remaining data of a closed message. It has no allocation, so the last one can stay in its place.
pub(super) enum Closed {
    Unsampled(Unsampled),
    Sampled { identity: Identity, context: SampledContext },
}

/// The most recent lost messages, since a task does not announce its end. They are stored in place, without an
/// allocation.
struct Ring {
    lost: [Option<Lost>; MOST_LOST],
    /// The index of the next entry.
    next: usize,
}

static LOST: Mutex<Ring> = Mutex::new(Ring { lost: [const { None }; MOST_LOST], next: 0 });
/// Whether anything was ever lost.
static ANY_LOST: AtomicBool = AtomicBool::new(false);
const MOST_LOST: usize = 64;

fn lost() -> MutexGuard<'static, Ring> {
    LOST.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Stores the data of a message of this task that another task closed.
#[cold]
pub(super) fn lose(task: Id, message: Closed) {
    if tokio::task::try_id() == Some(task) {
        return; // it had its chance
    }
    let mut ring = lost();
    let next = ring.next;
    ring.lost[next] = Some(Lost { task, message });
    ring.next = (next + 1) % MOST_LOST;
    ANY_LOST.store(true, Relaxed);
}

/// Takes the message that the current task has lost, if it has this identity.
pub(super) fn find(identity: Identity) -> Option<Closed> {
    if !ANY_LOST.load(Relaxed) {
        return None;
    }
    let task = tokio::task::try_id()?;
    let is_it = |lost: &mut Lost| lost.task == task && lost.message.is(identity);
    let found = lost().lost.iter_mut().find_map(|place| place.take_if(is_it))?;
    Some(found.message)
}

impl Closed {
    fn is(&self, message: Identity) -> bool {
        match self {
            Self::Unsampled(closed) => closed.can_be(message),
            Self::Sampled { identity, .. } => identity.is(message),
        }
    }
}

/// Ends the messages that are open on this thread, outside of any flow, when the thread ends.
pub(super) fn end_with_thread() {
    struct End;
    impl Drop for End {
        fn drop(&mut self) {
            let mut state = FlowState::of_word(Word::OUTSIDE, None);
            HERE.with(|here| {
                if !here.word.get().is_scoped() {
                    state.exchange(here);
                }
            });
        }
    }
    thread_local! {
        static END: End = const { End };
    }
    let _ = END.try_with(|_| ());
}
