//! The finished spans, and ways to wait for them.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Notify;

use super::connected;
use super::tree::{self, difference};
use crate::record::FinishedSpan;

/// The time that a test waits for something that should happen at once.
const TIMEOUT: Duration = Duration::from_secs(10);

/// The time without a start or an end of a span after which a test counts as idle.
const QUIET: Duration = Duration::from_millis(30);

/// The finished spans of a [`Recording`](super::Recording), or of the process since [`install`](super::install).
///
/// Clones share the same spans. Spans that were exported in another way can be collected into one.
#[derive(Debug, Clone, Default)]
pub struct Spans(Arc<Shared>);

#[derive(Debug, Default)]
pub(super) struct Shared {
    state: Mutex<State>,
    /// Notified when a span has started or ended.
    changed: Condvar,
    changed_async: Notify,
}

#[derive(Debug, Default)]
struct State {
    ended: Vec<FinishedSpan>,
    /// The number of spans that have started and not ended.
    open: usize,
    /// The number of starts and ends so far.
    changes: u64,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        let mut state = self.lock();
        change(&mut state);
        state.changes += 1;
        drop(state);
        self.changed.notify_all();
        self.changed_async.notify_waiters();
    }

    pub(super) fn started(&self) {
        self.change(|state| state.open += 1);
    }

    /// Notes that a span ended, or was discarded.
    pub(super) fn closed(&self) {
        self.change(|state| state.open = state.open.saturating_sub(1));
    }

    pub(super) fn ended(&self, span: FinishedSpan) {
        self.change(|state| state.ended.push(span));
    }
}

impl Spans {
    pub(super) fn shared(&self) -> &Arc<Shared> {
        &self.0
    }

    /// Returns all finished spans, in the order in which they ended.
    pub fn all(&self) -> Vec<FinishedSpan> {
        self.0.lock().ended.clone()
    }

    /// Returns the spans whose name is `name`, or begins with `name` and a slash.
    pub fn named(&self, name: &str) -> Vec<FinishedSpan> {
        self.0.lock().ended.iter().filter(|span| is_named(span, name)).cloned().collect()
    }

    // ----- waiting -----

    /// Waits until at least `count` spans of this [`name`](Self::named) have ended, and returns them.
    ///
    /// Waits at most ten seconds. If the runtime's time is paused, it returns as soon as nothing else can happen.
    ///
    /// # Panics
    ///
    /// Panics if there are fewer spans by then. The message has the tree of the finished spans, and the location is
    /// that of the `await`.
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe. It does not remove spans.
    #[track_caller]
    pub fn ended(&self, name: &str, count: usize) -> impl Future<Output = Vec<FinishedSpan>> + use<'_> {
        let (name, caller) = (name.to_owned(), std::panic::Location::caller());
        async move {
            let all_there = async {
                loop {
                    let changed = self.0.changed_async.notified();
                    let mut changed = std::pin::pin!(changed);
                    changed.as_mut().enable();
                    let found = self.named(&name);
                    if found.len() >= count {
                        return found;
                    }
                    changed.await;
                }
            };
            let Ok(found) = tokio::time::timeout(TIMEOUT, all_there).await else {
                panic!("{caller}: {}", self.too_few(&name, count));
            };
            found
        }
    }

    /// Waits like [`ended`](Self::ended), blocking the thread. Do not use it on the only thread of a runtime.
    ///
    /// # Panics
    ///
    /// Panics at the caller's location if there are fewer spans after ten seconds. The message has the tree of the
    /// finished spans.
    #[track_caller]
    pub fn wait_for(&self, name: &str, count: usize) -> Vec<FinishedSpan> {
        let deadline = Instant::now() + TIMEOUT;
        let mut state = self.0.lock();
        loop {
            if state.ended.iter().filter(|span| is_named(span, name)).count() >= count {
                drop(state);
                return self.named(name);
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                drop(state);
                panic!("{}", self.too_few(name, count));
            }
            state = self.0.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Waits until no span is open, and none has started or ended for 30 ms.
    ///
    /// A message in a mailbox has no span yet. If a message may wait there for longer than that, wait for its span
    /// with [`ended`](Self::ended).
    ///
    /// # Panics
    ///
    /// Panics if spans are still open after ten seconds. The message has the tree of the finished spans.
    #[track_caller]
    pub fn idle(&self) -> impl Future<Output = ()> + use<'_> {
        let caller = std::panic::Location::caller();
        async move {
            let deadline = tokio::time::Instant::now() + TIMEOUT;
            let mut before = None;
            loop {
                let (open, changes) = self.activity();
                if open == 0 && before == Some(changes) {
                    return;
                }
                before = Some(changes);
                assert!(
                    tokio::time::Instant::now() < deadline,
                    "{caller}: {open} spans are open after 10 s; these have ended:\n{}",
                    self.tree()
                );
                tokio::time::sleep(QUIET).await;
            }
        }
    }

    fn activity(&self) -> (usize, u64) {
        let state = self.0.lock();
        (state.open, state.changes)
    }

    fn too_few(&self, name: &str, count: usize) -> String {
        let found = self.named(name).len();
        let tree = self.tree();
        let ended =
            if tree.is_empty() { "no span has ended".to_owned() } else { format!("these have:\n{tree}") };
        format!("{found} of {count} spans of `{name}` have ended after 10 s; {ended}")
    }

    // ----- as text -----

    /// Returns the spans as a tree in text, which is the same in each run.
    ///
    /// Each span has a line with its name, the message's fields, its error, and its links.
    ///
    /// Ids, times, and attributes that every span has are omitted. Siblings are sorted by their lines. Equal siblings
    /// are one line with their number.
    ///
    /// ```
    /// # use traced_actor::testkit;
    /// # use traced_actor::{spawn, traced_actor, ActorRef};
    /// #[traced_actor]
    /// enum GuildMessage { #[traced(fields(channel))] Post { channel: u64 } }
    /// #[traced_actor]
    /// enum SessionMessage { Deliver }
    ///
    /// struct Guild(ActorRef<SessionMessage>);
    /// struct Session;
    ///
    /// #[traced_actor]
    /// impl Guild {
    ///     async fn handle(&mut self, message: GuildMessage) {
    ///         let GuildMessage::Post { .. } = message;
    ///         for _ in 0..2 {
    ///             self.0.cast(SessionMessage::Deliver).await.unwrap();
    ///         }
    ///     }
    /// }
    ///
    /// #[traced_actor]
    /// impl Session {
    ///     async fn handle(&mut self, _: SessionMessage) {}
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// let spans = testkit::record();
    /// let guild = spawn(Guild(spawn(Session, 8)), 8);
    /// guild.cast(GuildMessage::Post { channel: 7 }).await.unwrap();
    /// spans.ended("Session/Deliver", 2).await;
    /// spans.idle().await;
    /// testkit::assert_tree!(spans, "
    ///     Guild/Post channel=7
    ///       2 × Session/Deliver
    /// ");
    /// spans.assert_connected();
    /// # }
    /// ```
    pub fn tree(&self) -> String {
        tree::render(&self.all())
    }

    /// Compares [`tree`](Self::tree) with a text. Empty lines and a common indent are ignored.
    ///
    /// See [`assert_tree!`](crate::testkit::assert_tree).
    ///
    /// # Panics
    ///
    /// Panics at the caller's location if they differ. The message has the missing and the unexpected lines.
    #[track_caller]
    pub fn assert_tree(&self, expected: &str) {
        if let Some(difference) = difference(expected, &self.tree()) {
            panic!("the tree is another one (- expected, + found):\n{difference}");
        }
    }

    /// Checks that no trace is broken.
    ///
    /// A trace is broken if a span's parent is missing, or if the sender of a root may have lost its context.
    ///
    /// Such a sender is a plain tokio task or thread. Start it with [`task::spawn`](crate::task::spawn), or in the
    /// test's [`Scope`](super::Scope). If it starts its own traces on purpose, use
    /// [`assert_connected_except`](Self::assert_connected_except).
    ///
    /// # Panics
    ///
    /// Panics at the caller's location if a trace is broken. The message has each broken span and the tree.
    #[track_caller]
    pub fn assert_connected(&self) {
        self.assert_connected_except(&[]);
    }

    /// Checks that no trace is broken, like [`assert_connected`](Self::assert_connected), except for spans with these
    /// names.
    ///
    /// # Panics
    ///
    /// Panics at the caller's location if a trace is broken. The message has each broken span and the tree.
    #[track_caller]
    pub fn assert_connected_except(&self, names: &[&str]) {
        let mut spans = self.all();
        let broken = connected::broken(&spans, |span| names.iter().any(|name| is_named(span, name)));
        if !broken.is_empty() {
            spans.sort_by_key(|span| span.start);
            panic!("{}\nin:\n{}", broken.join("\n"), tree::render(&spans));
        }
    }
}

fn is_named(span: &FinishedSpan, name: &str) -> bool {
    span.name.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

impl FromIterator<FinishedSpan> for Spans {
    fn from_iter<I: IntoIterator<Item = FinishedSpan>>(spans: I) -> Self {
        let collected = Self::default();
        spans.into_iter().for_each(|span| collected.0.ended(span));
        collected
    }
}
