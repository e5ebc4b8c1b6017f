//! Reads the contexts in the layout of OTEP 4947, as a profiler does: by the exported symbol, and the bytes behind it.

use std::ffi::c_void;
use std::sync::OnceLock;
use std::time::Duration;

use tokio::task::yield_now;
use traced_actor::context::{ContextState, MessageContext};
use traced_actor::record::{self, FinishedSpans};
use traced_actor::sync::oneshot;
use traced_actor::{ActorRef, spawn, task, traced_actor};
use traced_actor_profile::{carry, is_publishing, published};

/// The record of a thread.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Record {
    trace_id: [u8; 16],
    span_id: [u8; 8],
    flags: u8,
    /// Indices and values.
    attributes: Vec<(u8, String)>,
}

/// Reads the record of this thread, or returns `None` if it publishes none.
///
/// A record has 16 bytes of a trace id, 8 of a span id, a byte that tells whether it is valid, a byte of flags, and two
/// of the length of the attributes. An attribute is its index, its length, and its bytes.
#[expect(unsafe_code, reason = "a profiler reads memory")]
fn read() -> Option<Record> {
    // SAFETY: the name ends with a zero. The symbol is thread-local, so this is its address in this thread.
    let slot = unsafe { libc::dlsym(libc::RTLD_DEFAULT, c"otel_thread_ctx_v1".as_ptr()) };
    assert!(!slot.is_null(), "the symbol is exported: {:?}", c"otel_thread_ctx_v1");
    // SAFETY: it holds a pointer to the record, which only this thread changes.
    let record = unsafe { *slot.cast::<*const c_void>() };
    if record.is_null() {
        return None;
    }
    // SAFETY: a record that is published has a head of 28 bytes.
    let head = unsafe { std::slice::from_raw_parts(record.cast::<u8>(), 28) };
    assert_eq!(head[24], 1, "valid");
    let length = usize::from(u16::from_ne_bytes([head[26], head[27]]));
    assert!(28 + length <= 640, "{length}");
    // SAFETY: this many bytes of attributes follow.
    let mut rest = unsafe { std::slice::from_raw_parts(record.cast::<u8>().add(28), length) };
    let mut attributes = Vec::new();
    while let [index, length, after @ ..] = rest {
        let (value, after) = after.split_at(usize::from(*length));
        attributes.push((*index, String::from_utf8(value.to_vec()).expect("UTF-8")));
        rest = after;
    }
    assert!(rest.is_empty(), "{rest:?}");
    Some(Record {
        trace_id: head[..16].try_into().expect("16 bytes"),
        span_id: head[16..24].try_into().expect("8 bytes"),
        flags: head[25],
        attributes,
    })
}

/// Returns the record that a handler of this actor and kind must have: with the ids of its span if it is sampled.
fn expected(actor: &str, kind: &str) -> Record {
    let current = MessageContext::current();
    let (trace_id, span_id, flags) = match current.state() {
        ContextState::Sampled(sampled) => {
            let of = sampled.context;
            (of.trace_id.to_bytes(), of.span_id.to_bytes(), of.flags.bits())
        }
        _ => ([0; 16], [0; 8], 0),
    };
    let root = "0".repeat(16);
    Record {
        trace_id,
        span_id,
        flags,
        attributes: vec![(0, root), (1, actor.to_owned()), (2, kind.to_owned())],
    }
}

#[traced_actor]
#[derive(Debug)]
enum Message {
    #[traced(sample = always)]
    Sampled { respond_to: oneshot::Sender<Record> },
    #[traced(sample = never)]
    Unsampled { respond_to: oneshot::Sender<Record> },
    #[traced(sample = always)]
    Spawns { respond_to: oneshot::Sender<Record> },
    #[traced(sample = always)]
    Tasks { respond_to: oneshot::Sender<Record> },
    #[traced(sample = never)]
    UnsampledTasks { respond_to: oneshot::Sender<Record> },
    #[traced(sample = always)]
    Panics,
}

struct Guild {
    name: &'static str,
}

impl Guild {
    /// Checks the record at each poll, on whatever thread that is.
    async fn check(kind: &str) -> Record {
        for _ in 0..100 {
            assert_eq!(read(), Some(expected("Guild", kind)), "{kind}");
            yield_now().await;
        }
        read().expect("it is published")
    }
}

impl Guild {
    /// Tasks of all sorts publish what their spawner does, at each poll. The last one answers, after the handler is done.
    async fn spawn_tasks(kind: &str, respond_to: oneshot::Sender<Record>) {
        let own = expected("Guild", kind);
        let polls = |own: Record| async move {
            for _ in 0..100 {
                assert_eq!(read().as_ref(), Some(&own));
                yield_now().await;
            }
            own
        };
        let within = polls(own.clone());
        let nested = task::spawn(async move {
            let own = task::spawn(within).await.expect("no panic");
            assert_eq!(read(), Some(own));
        });
        let of_closure = own.clone();
        let closure = task::spawn_blocking(move || assert_eq!(read(), Some(of_closure)));
        let panics = task::spawn(async {
            yield_now().await;
            panic!("as it is asked to");
        });
        let closure_that_panics = task::spawn_blocking(|| panic!("as it is asked to"));
        let aborted = task::spawn(std::future::pending::<()>());
        yield_now().await;
        aborted.abort();
        nested.await.expect("no panic");
        closure.await.expect("no panic");
        assert!(panics.await.is_err() && closure_that_panics.await.is_err() && aborted.await.is_err());
        assert_eq!(read().as_ref(), Some(&own), "the handler goes on with its own");
        let last = polls(own);
        task::spawn(async move {
            let _ = respond_to.send(last.await);
        });
    }
}

#[traced_actor]
impl Guild {
    #[traced(allow(lost_context))]
    async fn handle(&mut self, message: Message) {
        assert!(!self.name.is_empty());
        match message {
            Message::Sampled { respond_to } => {
                let record = Self::check("Sampled").await;
                assert_ne!(record.trace_id, [0; 16]);
                assert_eq!(record.flags & 1, 1);
                let _ = respond_to.send(record);
            }
            Message::Unsampled { respond_to } => {
                let record = Self::check("Unsampled").await;
                assert_eq!((record.trace_id, record.span_id, record.flags), ([0; 16], [0; 8], 0));
                let _ = respond_to.send(record);
            }
            Message::Spawns { respond_to } => {
                let own = expected("Guild", "Spawns");
                let of_task = own.clone();
                let task = tokio::spawn(carry(async move {
                    for _ in 0..100 {
                        assert_eq!(read().as_ref(), Some(&of_task));
                        yield_now().await;
                    }
                }));
                // A task that takes nothing along publishes nothing.
                let bare = tokio::spawn(async { assert_eq!(read(), None) });
                let (of_thread, here) = (own.clone(), published());
                let thread = std::thread::spawn(move || {
                    assert_eq!(read(), None);
                    here.run(|| assert_eq!(read(), Some(of_thread)));
                    assert_eq!(read(), None);
                });
                task.await.expect("no panic");
                bare.await.expect("no panic");
                thread.join().expect("no panic");
                assert_eq!(read().as_ref(), Some(&own));
                let _ = respond_to.send(own);
            }
            Message::Tasks { respond_to } => Self::spawn_tasks("Tasks", respond_to).await,
            Message::UnsampledTasks { respond_to } => Self::spawn_tasks("UnsampledTasks", respond_to).await,
            Message::Panics => panic!("as it is asked to"),
        }
    }
}

fn install() {
    static INSTALLED: OnceLock<()> = OnceLock::new();
    INSTALLED.get_or_init(|| {
        assert!(is_publishing());
        // Around metrics, which work as they do without.
        let (_, observer) = traced_actor_metrics::Metrics::builder().build().expect("there are none");
        traced_actor::observe::observe(traced_actor_profile::around(observer)).expect("there is none");
        record::install(FinishedSpans::new(drop)).expect("there is none");
    });
}

const LONG: Duration = Duration::from_secs(60);

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_handler_s_context_follows_it_across_polls_and_threads() {
    install();
    let guilds: Vec<ActorRef<Message>> = (0..8).map(|_| spawn(Guild { name: "one" }, 8)).collect();
    let mut asks = Vec::new();
    for guild in &guilds {
        for is_sampled in [true, false, true] {
            let guild = guild.clone();
            asks.push(tokio::spawn(async move {
                let ask = |respond_to| {
                    if is_sampled {
                        Message::Sampled { respond_to }
                    } else {
                        Message::Unsampled { respond_to }
                    }
                };
                guild.call(LONG, ask).await.expect("it answers")
            }));
        }
    }
    let mut spans = std::collections::BTreeSet::new();
    for ask in asks {
        spans.insert(ask.await.expect("no panic").span_id);
    }
    assert_eq!(spans.len(), 17, "sixteen spans, and none");
    assert_eq!(read(), None);
}

/// On one thread, so that the handlers take turns.
#[tokio::test]
async fn handlers_that_take_turns_do_not_mix() {
    install();
    let (one, two) = (spawn(Guild { name: "one" }, 8), spawn(Guild { name: "two" }, 8));
    let sampled = one.call(LONG, |respond_to| Message::Sampled { respond_to });
    let unsampled = two.call(LONG, |respond_to| Message::Unsampled { respond_to });
    let (sampled, unsampled) = tokio::join!(sampled, unsampled);
    assert_ne!(sampled.expect("it answers"), unsampled.expect("it answers"));
    assert_eq!(read(), None, "between polls the thread publishes nothing");
}

#[tokio::test]
async fn tasks_and_threads_take_it_along_if_they_are_told_to() {
    install();
    let guild = spawn(Guild { name: "one" }, 8);
    guild.call(LONG, |respond_to| Message::Spawns { respond_to }).await.expect("it answers");
    assert_eq!(read(), None);
}

async fn tasks_publish_what_their_spawner_does() {
    install();
    let guild = spawn(Guild { name: "one" }, 8);
    guild.call(LONG, |respond_to| Message::Tasks { respond_to }).await.expect("it answers");
    guild.call(LONG, |respond_to| Message::UnsampledTasks { respond_to }).await.expect("it answers");
    assert_eq!(read(), None);
    // A task that is spawned outside of a handler has nothing to publish.
    task::spawn(async { assert_eq!(read(), None) }).await.expect("no panic");
    task::spawn_blocking(|| assert_eq!(read(), None)).await.expect("no panic");
}

#[tokio::test]
async fn on_one_thread_tasks_publish_what_their_spawner_does() {
    tasks_publish_what_their_spawner_does().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn on_many_threads_tasks_publish_what_their_spawner_does() {
    tasks_publish_what_their_spawner_does().await;
}

#[tokio::test]
async fn a_panic_leaves_nothing() {
    install();
    let guild = spawn(Guild { name: "one" }, 8);
    guild.cast(Message::Panics).await.expect("it runs");
    let _ = guild.join().await;
    assert_eq!(read(), None);
}
