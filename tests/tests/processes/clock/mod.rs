//! Spans follow a wall clock that is set while the process runs: a clock that is corrected, a machine that slept.
//!
//! The clock is set for one process, by a library that is preloaded. Each test runs itself again as that process.
#![cfg(all(target_os = "linux", target_env = "gnu", any(target_arch = "x86_64", target_arch = "aarch64")))]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::time::{Duration, SystemTime};

use opentelemetry::global;
use opentelemetry::trace::{Span as _, Tracer as _};
use opentelemetry_sdk::trace::{InMemorySpanExporter, SdkTracerProvider, SimpleSpanProcessor, SpanData};
use traced_actor::context::Timestamp;
use traced_actor::sync::mpsc;
use traced_actor::{Envelope, task, testkit, traced_actor};
use traced_actor_opentelemetry as otel;
use traced_actor_propagation::Edge;
use traced_actor_tests::isolated::ran_in_child;

/// Tells the process that runs with the library what to do.
const SECONDS: &str = "TRACED_ACTOR_CLOCK_STEP";

/// Runs the test of this name in separate processes, in which `scenario` sets the clock on by an hour, and back by one.
fn in_processes(test: &str, scenario: fn(i64)) {
    if let Ok(seconds) = std::env::var(SECONDS) {
        println!("a step of {seconds} s");
        return scenario(seconds.parse().unwrap());
    }
    let shim = shim().to_str().expect("a path that is text");
    for seconds in ["3600", "-3600"] {
        assert!(ran_in_child(test, &[("LD_PRELOAD", shim), (SECONDS, seconds)]));
    }
}

fn shim() -> &'static Path {
    static SHIM: OnceLock<PathBuf> = OnceLock::new();
    SHIM.get_or_init(|| {
        let library = Path::new(env!("CARGO_TARGET_TMPDIR")).join("libshim.so");
        // Under another name first: another run of this test may be using it.
        let built = library.with_extension(std::process::id().to_string());
        let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/processes/clock/shim.rs");
        let status = Command::new(std::env::var("RUSTC").unwrap_or_else(|_| "rustc".into()))
            .args(["--edition", "2024", "--crate-type", "cdylib", "-C", "panic=abort", source, "-o"])
            .arg(&built)
            .status();
        assert!(status.unwrap().success(), "the library was built");
        std::fs::rename(built, &library).unwrap();
        library
    })
}

/// Sets this process's wall clock.
#[expect(unsafe_code, reason = "the preloaded library's function has no other way in")]
fn step(seconds: i64) {
    // SAFETY: the name ends with a zero byte. The function that it names in our library has this type.
    let step = unsafe {
        let step = libc::dlsym(libc::RTLD_DEFAULT, c"shim_step".as_ptr());
        assert!(!step.is_null(), "the library is preloaded");
        std::mem::transmute::<*mut libc::c_void, extern "C" fn(i64)>(step)
    };
    let before = SystemTime::now();
    step(seconds);
    let moved = if seconds > 0 {
        SystemTime::now().duration_since(before)
    } else {
        before.duration_since(SystemTime::now())
    };
    assert!(moved.unwrap() > Duration::from_secs(seconds.unsigned_abs() - 60), "the clock was set");
}

/// A span, by whatever recorded it.
#[derive(Debug, Clone)]
struct Seen {
    name: String,
    trace: u128,
    start: SystemTime,
    end: SystemTime,
    wait: Option<Duration>,
}

impl From<SpanData> for Seen {
    fn from(span: SpanData) -> Self {
        let wait = span.attributes.iter().find(|attribute| attribute.key.as_str() == "actor.mailbox.wait");
        let wait = wait.map(|attribute| match attribute.value {
            opentelemetry::Value::F64(seconds) => Duration::from_secs_f64(seconds),
            ref other => panic!("a wait of {other:?}"),
        });
        let trace = u128::from_be_bytes(span.span_context.trace_id().to_bytes());
        Self { name: span.name.into(), trace, start: span.start_time, end: span.end_time, wait }
    }
}

impl From<traced_actor::record::FinishedSpan> for Seen {
    fn from(span: traced_actor::record::FinishedSpan) -> Self {
        let (start, end) = (span.start.into(), span.end.into());
        Self { name: span.name.into(), trace: span.context.trace_id.get(), start, end, wait: span.wait }
    }
}

const SOON: Duration = Duration::from_secs(1);

/// Asserts that two times are less than a second apart.
#[track_caller]
fn assert_near(one: SystemTime, other: SystemTime, what: &Seen) {
    let apart = one.duration_since(other).unwrap_or_else(|error| error.duration());
    assert!(apart < SOON, "{apart:?} apart: {what:?}");
}

#[traced_actor(start = always)]
enum Message {
    /// Does nothing.
    Note,
    /// Is worked on while the clock is set.
    Across,
    /// Sends another one, and then the clock is set.
    Parent,
    Child,
    /// Has a span of the SDK's own within.
    Query,
    /// Starts a task in which the clock is set, and sends a last one.
    Spawn,
    Spawned,
}

struct Watch {
    receiver: mpsc::Receiver<Message>,
    sender: mpsc::WeakSender<Message>,
    seconds: i64,
}

#[traced_actor]
impl Watch {
    async fn run(mut self) {
        while let Some(message) = self.receiver.recv().await {
            self.handle(message).await;
        }
    }

    async fn handle(&mut self, message: Message) {
        match message {
            Message::Note | Message::Child | Message::Spawned => {}
            Message::Across => step(self.seconds),
            Message::Parent => {
                self.sender.upgrade().unwrap().send(Message::Child).await.ok();
                step(-self.seconds);
            }
            Message::Query => global::tracer("db").start("query").end(),
            Message::Spawn => {
                let (sender, seconds) = (self.sender.upgrade().unwrap(), self.seconds);
                let spawned = task::spawn(async move {
                    step(seconds);
                    sender.send(Message::Spawned).await.ok();
                });
                spawned.await.unwrap();
            }
        }
    }
}

struct Batches {
    receiver: mpsc::Receiver<Message>,
}

#[traced_actor]
impl Batches {
    async fn run(mut self) {
        let mut batch = Vec::new();
        while self.receiver.recv_many(&mut batch, 8).await > 0 {
            batch.clear();
        }
    }
}

/// Sends it, and lets it be handled.
async fn send(sender: &mpsc::Sender<Message>, message: Message) {
    sender.send(message).await.ok().unwrap();
    settle().await;
}

async fn settle() {
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
}

fn scenario(seconds: i64, spans: &dyn Fn() -> Vec<Seen>) {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let of = |name: &str| spans().into_iter().rev().find(|span| span.name == name).unwrap();
    runtime.block_on(async {
        let (sender, receiver) = mpsc::channel(8);
        let watch = tokio::spawn(Watch { receiver, sender: sender.downgrade(), seconds }.run());
        let (to_batches, receiver) = mpsc::channel(8);
        let batches = tokio::spawn(Batches { receiver }.run());
        let now = SystemTime::now;

        send(&sender, Message::Note).await;
        assert_near(of("Watch/Note").start, now(), &of("Watch/Note"));

        // One that is open while the clock is set takes as long as it takes, and is where it began.
        let before = now();
        send(&sender, Message::Across).await;
        let across = of("Watch/Across");
        assert_near(across.start, before, &across);
        assert_near(across.end, before, &across);

        // Later spans use the current time of the clock: a root, one from another process, a batch.
        send(&sender, Message::Note).await;
        assert_near(of("Watch/Note").start, now(), &of("Watch/Note"));
        let header = [("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")];
        let arrived = Edge::new("watch").accept(&header, Timestamp::now()).context;
        sender.send_envelope(Envelope::new(Message::Note, arrived)).await.ok().unwrap();
        settle().await;
        let remote = of("Watch/Note");
        assert_eq!(remote.trace, 0x0af7_6519_16cd_43dd_8448_eb21_1c80_319c);
        assert_near(remote.start, now(), &remote);
        for message in [Message::Note, Message::Child] {
            to_batches.try_send(message).ok().unwrap();
        }
        settle().await;
        drop(to_batches);
        batches.await.unwrap();
        let batch = spans().pop().unwrap();
        assert!(batch.name.starts_with("Batches/"), "{batch:?}");
        assert_near(batch.start, now(), &batch);
        assert_near(batch.end, now(), &batch);

        // The spans of other libraries within it are beside it. The testkit has none of those.
        send(&sender, Message::Query).await;
        if let Some(query) = spans().iter().find(|span| span.name == "query") {
            assert_near(query.start, of("Watch/Query").start, query);
        }

        // One trace has one clock, whenever its messages are handled.
        send(&sender, Message::Parent).await;
        let (parent, child) = (of("Watch/Parent"), of("Watch/Child"));
        assert_eq!(parent.trace, child.trace);
        assert!(child.start >= parent.start, "{parent:?} {child:?}");
        assert_near(child.start, parent.start, &child);
        assert_near(child.end, parent.start, &child);
        assert!(child.wait.is_some(), "{child:?}");
        send(&sender, Message::Spawn).await;
        let (spawn, spawned) = (of("Watch/Spawn"), of("Watch/Spawned"));
        assert_eq!(spawn.trace, spawned.trace);
        assert!(spawned.start >= spawn.start, "{spawn:?} {spawned:?}");
        assert_near(spawned.start, spawn.start, &spawned);

        // One that waits in the mailbox while the clock is set.
        sender.try_send(Message::Note).ok().unwrap();
        step(-seconds);
        settle().await;
        assert_near(of("Watch/Note").start, now(), &of("Watch/Note"));

        drop(sender);
        watch.await.unwrap();
    });
    for span in spans() {
        assert!(span.end >= span.start, "{span:?}");
        assert!(span.end.duration_since(span.start).unwrap() < SOON, "{span:?}");
        assert!(span.wait.is_none_or(|wait| wait < SOON), "{span:?}");
    }
}

#[test]
fn spans_of_a_provider_follow() {
    in_processes("spans_of_a_provider_follow", |seconds| {
        let memory = InMemorySpanExporter::default();
        let provider = SdkTracerProvider::builder().with_simple_exporter(memory.clone());
        let _provider = otel::install(provider).unwrap();
        scenario(seconds, &|| memory.get_finished_spans().unwrap().into_iter().map(Seen::from).collect());
    });
}

#[test]
fn spans_straight_to_a_processor_follow() {
    in_processes("spans_straight_to_a_processor_follow", |seconds| {
        let memory = InMemorySpanExporter::default();
        let direct = otel::DirectRecorder::new(SimpleSpanProcessor::new(memory.clone()));
        let _provider = otel::install_direct(&direct).unwrap();
        scenario(seconds, &|| memory.get_finished_spans().unwrap().into_iter().map(Seen::from).collect());
    });
}

#[test]
fn finished_spans_follow() {
    in_processes("finished_spans_follow", |seconds| {
        let spans = testkit::install();
        scenario(seconds, &|| spans.all().into_iter().map(Seen::from).collect());
    });
}
