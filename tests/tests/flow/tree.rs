//! The expectation of a test: the whole tree of exported spans, with the messages that were sent in each.

use std::collections::{BTreeMap, HashMap};
use std::future::Future;
use std::time::Duration;

use traced_actor::context::ContextState;
use traced_actor::record::FinishedSpan;
use traced_actor::sync::mpsc;
use traced_actor::{Envelope, Message, SpanId, traced_actor};

use crate::channels::Sender;
use crate::support::{Recording, Threads, from_outside, outside, unsampled};

/// A message that actors under test send: its context shows where it was sent.
#[traced_actor]
pub(crate) struct Note(pub(crate) String);

/// The channel to which actors send their notes.
#[derive(Clone)]
pub(crate) struct Notes(mpsc::UnboundedSender<Note>);

impl Notes {
    pub(crate) fn note(&self, text: impl Into<String>) {
        self.0.send(Note(text.into())).expect("the test reads the notes");
    }
}

/// A span, a user who sent a message, or a note.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    head: String,
    children: Vec<Node>,
}

/// A user, whose trace has this number, and what is below the user's span.
pub(crate) fn user(number: u32, children: impl Into<Vec<Node>>) -> Node {
    Node { head: format!("{USER}{number}"), children: children.into() }
}

/// A span, and what is below it.
pub(crate) fn span(name: &str, children: impl Into<Vec<Node>>) -> Node {
    Node { head: name.to_owned(), children: children.into() }
}

/// Returns a node for a note that was sent.
pub(crate) fn note(text: &str) -> Node {
    Node { head: format!("{NOTE}{text}"), children: Vec::new() }
}

/// Returns a node for a note that was sent while the flow was unsampled.
pub(crate) fn unsampled_note(text: &str) -> Node {
    Node { head: format!("unsampled {NOTE}{text}"), children: Vec::new() }
}

impl Node {
    /// The span, which failed.
    pub(crate) fn failed(mut self, error: &str) -> Self {
        self.head = format!("{} !{error}", self.head);
        self
    }

    /// The root span, which has this many links.
    pub(crate) fn links(mut self, count: usize) -> Self {
        self.head = format!("{} with {count} links", self.head);
        self
    }

    fn render(&self, depth: usize) -> String {
        let children = render(&self.children, depth + 1);
        format!("{:indent$}{}\n{children}", "", self.head, indent = 2 * depth)
    }

    /// The notes of this tree, as they are where the user is not sampled.
    fn unsampled(&self) -> Vec<Node> {
        match self.head.strip_prefix(NOTE) {
            Some(text) => vec![unsampled_note(text)],
            None => self.children.iter().flat_map(Node::unsampled).collect(),
        }
    }
}

const USER: &str = "user ";
const NOTE: &str = "note ";

fn render(nodes: &[Node], depth: usize) -> String {
    let mut texts: Vec<String> = nodes.iter().map(|node| node.render(depth)).collect();
    texts.sort();
    texts.concat()
}

/// The environment of a test.
#[derive(Clone)]
pub(crate) struct Bench {
    pub(crate) recording: Recording,
    pub(crate) notes: Notes,
    sampled: bool,
}

impl Bench {
    /// Creates the environment of a test, and the receiver of its notes.
    pub(crate) fn new(recording: Recording, sampled: bool) -> (Self, mpsc::UnboundedReceiver<Note>) {
        let (sender, receiver) = mpsc::unbounded_channel();
        (Self { recording, notes: Notes(sender), sampled }, receiver)
    }

    /// Sends each message in the trace of the user with its number.
    pub(crate) fn send<M: Message>(&self, sender: &Sender<M>, messages: impl IntoIterator<Item = (u32, M)>) {
        for (user, message) in messages {
            sender.send_envelope(self.sent(user, message));
        }
    }

    /// Fails unless this many spans have this name so far, and each lasted at least this long. Unsampled users have none.
    #[track_caller]
    pub(crate) fn lasted(&self, name: &str, count: usize, at_least: Duration) {
        let spans = self.recording.spans();
        let durations: Vec<_> =
            spans.iter().filter(|span| span.name == name).map(FinishedSpan::duration).collect();
        assert_eq!(durations.len(), if self.sampled { count } else { 0 }, "{spans:#?}");
        assert!(durations.iter().all(|duration| *duration >= at_least), "{name}: {durations:?}");
    }

    /// A message as this user sends it.
    pub(crate) fn sent<M>(&self, user: u32, message: M) -> Envelope<M> {
        if self.sampled { from_outside(message, user) } else { unsampled(message) }
    }
}

/// Runs a test on one thread and on several, with sampled and with unsampled users, and compares all that was exported and
/// sent. Where the users are unsampled, there is no span, and what would have been sent below one is unsampled.
#[track_caller]
pub(crate) fn check<F: Future<Output = ()>>(go: impl Fn(Bench) -> F, expected: impl Into<Vec<Node>>) {
    let expected = expected.into();
    let mut flat = Vec::new();
    for node in &expected {
        if node.head.starts_with(USER) {
            flat.extend(node.unsampled());
        } else if node.head.starts_with(NOTE) {
            flat.push(node.clone());
        } else {
            panic!("a root that is no user's: say what is expected where users are unsampled");
        }
    }
    check_both(go, expected, flat);
}

/// Like [`check`], if the expectation for unsampled users does not follow from the other one.
#[track_caller]
pub(crate) fn check_both<F: Future<Output = ()>>(
    go: impl Fn(Bench) -> F,
    sampled: impl Into<Vec<Node>>,
    unsampled: impl Into<Vec<Node>>,
) {
    let (sampled, unsampled) = (render(&sampled.into(), 0), render(&unsampled.into(), 0));
    for threads in [Threads::One, Threads::Two] {
        for (is_sampled, expected) in [(true, &sampled), (false, &unsampled)] {
            let recording = Recording::start();
            let (bench, mut receiver) = Bench::new(recording.clone(), is_sampled);
            // The runtime is dropped with its tasks before anything is compared.
            recording.block_on(threads, go(bench));
            let mut notes = Vec::new();
            while let Ok(envelope) = receiver.try_recv_envelope() {
                notes.push(envelope);
            }
            let found = render(&forest(&recording.spans(), &notes), 0);
            assert!(
                found == *expected,
                "users sampled: {is_sampled}, threads: {threads:?}\nexpected:\n{expected}\nfound:\n{found}"
            );
        }
    }
}

/// The spans and the notes as a tree.
fn forest(spans: &[FinishedSpan], notes: &[Envelope<Note>]) -> Vec<Node> {
    let by_id: HashMap<SpanId, &FinishedSpan> =
        spans.iter().map(|span| (span.context.span_id, span)).collect();
    assert_eq!(by_id.len(), spans.len(), "each span is exported once: {spans:#?}");
    let mut children: BTreeMap<Option<SpanId>, Vec<Node>> = BTreeMap::new();
    for envelope in notes {
        let (parent, node) = match envelope.state() {
            ContextState::Absent => (None, note(&envelope.message().0)),
            ContextState::Unsampled => (None, unsampled_note(&envelope.message().0)),
            ContextState::Sampled(context) => (Some(context.context.span_id), note(&envelope.message().0)),
        };
        children.entry(parent).or_default().push(node);
    }
    let mut below: BTreeMap<Option<SpanId>, Vec<&FinishedSpan>> = BTreeMap::new();
    for span in spans {
        assert!(span.end >= span.start, "it ends before it starts: {span:?}");
        if let Some(parent) = span.parent.and_then(|parent| by_id.get(&parent)) {
            assert_eq!(
                parent.context.trace_id, span.context.trace_id,
                "one trace: {span:?} below {parent:?}"
            );
            assert!(span.start >= parent.start, "it starts before its parent: {span:?}");
        }
        below.entry(span.parent).or_default().push(span);
    }
    let mut forest = Vec::new();
    // Whatever has no span of this process above it: roots, and what users sent.
    let outer: Vec<Option<SpanId>> = below
        .keys()
        .chain(children.keys())
        .copied()
        .filter(|parent| parent.is_none_or(|parent| !by_id.contains_key(&parent)))
        .collect::<std::collections::BTreeSet<_>>()
        .into_iter()
        .collect();
    for parent in outer {
        let nodes = nodes(parent, &below, &mut children);
        match parent {
            None => forest.extend(nodes),
            Some(id) => {
                let number = u32::try_from(id.get() & 0xFFFF_FFFF).expect("masked");
                let is_user = outside(number).span_id == id;
                let traces = below
                    .get(&parent)
                    .into_iter()
                    .flatten()
                    .all(|span| span.context.trace_id == outside(number).trace_id);
                assert!(is_user && traces, "the parent was never exported: {nodes:?}, {spans:#?}");
                forest.push(user(number, nodes));
            }
        }
    }
    forest
}

fn nodes(
    parent: Option<SpanId>,
    below: &BTreeMap<Option<SpanId>, Vec<&FinishedSpan>>,
    children: &mut BTreeMap<Option<SpanId>, Vec<Node>>,
) -> Vec<Node> {
    let mut all = children.remove(&parent).unwrap_or_default();
    for child in below.get(&parent).into_iter().flatten() {
        let mut node = span(child.name, nodes(Some(child.context.span_id), below, children));
        if child.parent.is_none() && !child.links.is_empty() {
            node = node.links(child.links.len());
        }
        if let Some(error) = &child.error {
            // A future that is dropped is cancelled.
            node = node.failed(if error == "dropped" { "cancelled" } else { error });
        }
        all.push(node);
    }
    all
}

/// Sends a note when it is dropped.
pub(crate) struct LastNote(pub(crate) Notes, pub(crate) &'static str);

impl Drop for LastNote {
    fn drop(&mut self) {
        self.0.note(self.1);
    }
}
