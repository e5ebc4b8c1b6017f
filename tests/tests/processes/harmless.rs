//! Telemetry never harms the application: what a processor, an exporter or a field does wrong costs at most its span.
//!
//! Each test is a separate process, once for each way in which spans are recorded.
#![expect(clippy::unused_async, reason = "handlers, as users write them")]

use std::fmt;
use std::future::pending;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Mutex, OnceLock};
use std::task::{Context as Task, Poll, Waker};
use std::time::Duration;

use opentelemetry::trace::{SpanId, TraceContextExt, Tracer, get_active_span};
use opentelemetry::{Context, global};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{
    InMemorySpanExporter, SdkTracerProvider, SimpleSpanProcessor, Span, SpanData, SpanExporter, SpanProcessor,
};
use tokio::sync::oneshot;
use tokio::task::{JoinHandle, JoinSet};
use traced_actor::sync::mpsc;
use traced_actor::{ActorRef, Envelope, OnPanic, Spawn, TracedExt, spawn, traced_actor};
use traced_actor_opentelemetry as otel;
use traced_actor_opentelemetry::DirectRecorder;
use traced_actor_tests::isolated::isolated;

const PATH: &str = "TRACED_ACTOR_TEST_PATH";

fn is_direct() -> bool {
    std::env::var(PATH).is_ok_and(|path| path == "direct")
}

/// Runs the test of this name through a provider, and straight to the processor.
fn in_both(name: &str, test: fn()) {
    for path in ["provider", "direct"] {
        isolated(name, &[(PATH, path)], test);
        if std::env::var_os(PATH).is_some() {
            return; // the child, which has done it
        }
    }
}

fn install(processor: impl SpanProcessor + 'static) {
    let installed = if is_direct() {
        otel::install_direct(&DirectRecorder::new(processor))
    } else {
        otel::install(SdkTracerProvider::builder().with_span_processor(processor))
    };
    // The provider lives as long as the process.
    std::mem::forget(installed.unwrap());
}

/// Installs what keeps the finished spans.
fn record() -> InMemorySpanExporter {
    let memory = InMemorySpanExporter::default();
    install(SimpleSpanProcessor::new(memory.clone()));
    memory
}

fn on_one_thread(run: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(run);
}

async fn settle() {
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
}

// ----- a processor that panics -----

#[derive(Debug)]
struct Faulty {
    at_start: bool,
}

const END: Faulty = Faulty { at_start: false };

impl SpanProcessor for Faulty {
    fn on_start(&self, _: &mut Span, _: &Context) {
        assert!(!self.at_start, "a fault of the processor");
    }
    fn on_end(&self, _: SpanData) {
        // Not while the SDK drops the span of the first panic: two panics at a time always abort the process.
        assert!(self.at_start, "a fault of the processor");
    }
    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }
    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }
}

#[traced_actor(start = always)]
enum Job {
    Fine,
    Bad,
    Long,
    Ask { respond_to: oneshot::Sender<()> },
}

struct Worker {
    receiver: mpsc::Receiver<Job>,
}

#[traced_actor]
impl Worker {
    async fn run(mut self) {
        while let Some(job) = self.receiver.recv().await {
            self.handle(job).await;
        }
    }

    async fn handle(&mut self, job: Job) {
        work(job).await;
    }
}

async fn work(job: Job) {
    match job {
        Job::Fine => {}
        Job::Bad => panic!("a fault of the handler"),
        Job::Long => pending().await,
        Job::Ask { respond_to } => respond_to.send(()).unwrap(),
    }
}

struct Inline {
    receiver: mpsc::Receiver<Job>,
}

#[traced_actor]
impl Inline {
    async fn run(mut self) {
        while let Some(job) = self.receiver.recv().await {
            work(job).await;
        }
    }
}

struct Batches {
    receiver: mpsc::Receiver<Job>,
}

#[traced_actor]
impl Batches {
    async fn run(mut self) {
        let mut jobs = Vec::new();
        while self.receiver.recv_many(&mut jobs, 4).await > 0 {
            for job in jobs.drain(..) {
                work(job).await;
            }
        }
    }
}

/// Starts an actor that has a handler, or one that has none.
fn worker(handled: bool) -> (mpsc::Sender<Job>, JoinHandle<()>) {
    let (sender, receiver) = mpsc::channel(4);
    let worker = if handled {
        tokio::spawn(Worker { receiver }.run())
    } else {
        tokio::spawn(Inline { receiver }.run())
    };
    (sender, worker)
}

struct Supervised;

#[traced_actor]
impl Supervised {
    async fn handle(&mut self, job: Job) {
        work(job).await;
    }
}

/// Sends it, and waits until the loop has answered twice: the second answer comes after the first one's span has ended.
async fn assert_alive(sender: &mpsc::Sender<Job>) {
    for _ in 0..2 {
        let (respond_to, answer) = oneshot::channel();
        sender.send(Job::Ask { respond_to }).await.ok().unwrap();
        answer.await.expect("the actor answers");
    }
}

#[test]
fn a_processor_that_panics_leaves_a_loop_with_a_handler() {
    in_both("a_processor_that_panics_leaves_a_loop_with_a_handler", || {
        install(END);
        on_one_thread(async {
            let (sender, worker) = worker(true);
            sender.send(Job::Fine).await.ok().unwrap();
            assert_alive(&sender).await;
            drop(sender);
            worker.await.unwrap();
        });
    });
}

#[test]
fn a_processor_that_panics_leaves_an_inline_loop_and_a_batch() {
    in_both("a_processor_that_panics_leaves_an_inline_loop_and_a_batch", || {
        install(END);
        on_one_thread(async {
            let (inline, receiver) = mpsc::channel(4);
            let inline_loop = tokio::spawn(Inline { receiver }.run());
            let (batches, receiver) = mpsc::channel(4);
            batches.try_send(Job::Fine).ok().unwrap();
            batches.try_send(Job::Fine).ok().unwrap();
            let batches_loop = tokio::spawn(Batches { receiver }.run());
            assert_alive(&inline).await;
            assert_alive(&batches).await;
            drop((inline, batches));
            inline_loop.await.unwrap();
            batches_loop.await.unwrap();
        });
    });
}

#[test]
fn a_processor_that_panics_leaves_the_handler_s_own_panic() {
    in_both("a_processor_that_panics_leaves_the_handler_s_own_panic", || {
        install(END);
        on_one_thread(async {
            for handled in [true, false] {
                let (sender, worker) = worker(handled);
                sender.send(Job::Bad).await.ok().unwrap();
                let panic = worker.await.unwrap_err().into_panic();
                assert_eq!(panic.downcast_ref::<&str>(), Some(&"a fault of the handler"));
            }
        });
    });
}

#[test]
fn a_processor_that_panics_leaves_a_supervised_actor() {
    in_both("a_processor_that_panics_leaves_a_supervised_actor", || {
        install(END);
        on_one_thread(async {
            let actor = Spawn::new(Supervised).on_panic(|_, _| OnPanic::Continue).start();
            actor.cast(Job::Bad).await.ok().unwrap();
            actor.cast(Job::Fine).await.ok().unwrap();
            let answer = actor.call(Duration::from_secs(60), |respond_to| Job::Ask { respond_to }).await;
            answer.expect("the actor goes on");
        });
    });
}

#[test]
fn a_processor_that_panics_leaves_a_task_that_is_aborted() {
    in_both("a_processor_that_panics_leaves_a_task_that_is_aborted", || {
        install(END);
        on_one_thread(async {
            for handled in [true, false] {
                let (sender, worker) = worker(handled);
                sender.send(Job::Long).await.ok().unwrap();
                settle().await;
                worker.abort();
                assert!(worker.await.unwrap_err().is_cancelled());
            }
        });
    });
}

#[test]
fn a_processor_that_panics_at_the_start_leaves_the_actor() {
    in_both("a_processor_that_panics_at_the_start_leaves_the_actor", || {
        install(Faulty { at_start: true });
        on_one_thread(async {
            let (sender, worker) = worker(true);
            assert_alive(&sender).await;
            drop(sender);
            worker.await.unwrap();
        });
    });
}

#[derive(Debug)]
struct FaultyExporter;

impl SpanExporter for FaultyExporter {
    async fn export(&self, _: Vec<SpanData>) -> OTelSdkResult {
        panic!("a fault of the exporter")
    }
}

#[test]
fn an_exporter_that_panics_leaves_the_actor() {
    in_both("an_exporter_that_panics_leaves_the_actor", || {
        install(SimpleSpanProcessor::new(FaultyExporter));
        on_one_thread(async {
            let (sender, worker) = worker(true);
            assert_alive(&sender).await;
            drop(sender);
            worker.await.unwrap();
        });
    });
}

// ----- telemetry that sends -----

#[traced_actor]
struct Batch {
    len: usize,
}

/// Stores batches, and says so to an archive, if there is one.
struct Store {
    archive: Option<ActorRef<Archived>>,
}

#[traced_actor]
impl Store {
    async fn handle(&mut self, batch: Batch) {
        STORED.fetch_add(batch.len, Relaxed);
        if let Some(archive) = &self.archive {
            archive.cast(Archived).await.ok();
        }
    }
}

#[traced_actor]
struct Archived;

struct Archive;

#[traced_actor]
impl Archive {
    async fn handle(&mut self, _: Archived) {}
}

static STORE: OnceLock<ActorRef<Batch>> = OnceLock::new();
static STORED: AtomicUsize = AtomicUsize::new(0);
static EXPORTED: Mutex<Vec<String>> = Mutex::new(Vec::new());

fn export(spans: &[SpanData]) {
    EXPORTED.lock().unwrap().extend(spans.iter().map(|span| span.name.to_string()));
    if let Some(store) = STORE.get() {
        store.try_cast(Batch { len: spans.len() }).ok();
    }
}

fn exported() -> Vec<String> {
    std::mem::take(&mut *EXPORTED.lock().unwrap())
}

#[derive(Debug)]
struct ToStore;

impl SpanExporter for ToStore {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        export(&batch);
        Ok(())
    }
}

impl SpanProcessor for ToStore {
    fn on_start(&self, _: &mut Span, _: &Context) {}
    fn on_end(&self, span: SpanData) {
        export(&[span]);
    }
    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }
    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }
}

/// Each message of the application has one span, and what carries that to the store has none.
async fn assert_no_loop(archive: bool) {
    let archive = archive.then(|| spawn(Archive, 8));
    assert!(STORE.set(spawn(Store { archive }, 64)).is_ok());
    let (sender, worker) = worker(true);
    for stored in 1..=3 {
        sender.send(Job::Fine).await.ok().unwrap();
        settle().await;
        assert_eq!(exported(), ["Worker/Fine"]);
        assert_eq!(STORED.load(Relaxed), stored, "the store has it");
    }
    drop(sender);
    worker.await.unwrap();
}

#[test]
fn an_exporter_that_sends_makes_no_loop() {
    in_both("an_exporter_that_sends_makes_no_loop", || {
        install(SimpleSpanProcessor::new(ToStore));
        on_one_thread(assert_no_loop(false));
    });
}

#[test]
fn a_processor_that_sends_makes_no_loop() {
    in_both("a_processor_that_sends_makes_no_loop", || {
        install(ToStore);
        on_one_thread(assert_no_loop(false));
    });
}

/// A processor that is an actor of its own kind: it names itself, receives and handles on the thread of the application.
#[derive(Debug)]
struct Busy {
    kept: InMemorySpanExporter,
    receiver: Mutex<mpsc::Receiver<Job>>,
    sender: mpsc::Sender<Job>,
}

impl Busy {
    fn work(&self) {
        traced_actor::instance("the processor");
        let mut receiver = self.receiver.lock().unwrap();
        self.sender.try_send(Job::Bad).ok().unwrap();
        // Taken, and left open: its receiver asks for the next one within another span of the application.
        assert!(matches!(receiver.try_recv(), Ok(Job::Bad)));
        assert!(receiver.try_recv().is_err());
        self.sender.try_send(Job::Bad).ok().unwrap();
        assert!(matches!(receiver.try_recv(), Ok(Job::Bad)));
        assert!(pin!(Supervised.handle(Job::Long)).poll(&mut Task::from_waker(Waker::noop())).is_pending());
    }
}

impl SpanProcessor for Busy {
    fn on_start(&self, _: &mut Span, _: &Context) {
        self.work();
    }
    fn on_end(&self, span: SpanData) {
        self.work();
        let exported = SpanExporter::export(&self.kept, vec![span]);
        assert!(pin!(exported).poll(&mut Task::from_waker(Waker::noop())).is_ready());
    }
    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }
    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }
}

#[traced_actor(start = always)]
enum Step {
    First,
    Second,
}

struct Stepper {
    receiver: mpsc::Receiver<Step>,
    further: mpsc::Sender<Job>,
    handled: bool,
}

#[traced_actor]
impl Stepper {
    async fn run(mut self) {
        traced_actor::instance("the application");
        while let Some(step) = self.receiver.recv().await {
            if self.handled {
                self.handle(step).await;
            } else {
                self.further.send(Job::Fine).await.ok().unwrap();
            }
        }
    }

    async fn handle(&mut self, _step: Step) {
        self.further.send(Job::Fine).await.ok().unwrap();
    }
}

#[test]
fn a_processor_that_names_itself_and_receives_changes_nothing_of_the_flow() {
    in_both("a_processor_that_names_itself_and_receives_changes_nothing_of_the_flow", || {
        let kept = InMemorySpanExporter::default();
        let (sender, receiver) = mpsc::channel(4);
        install(Busy { kept: kept.clone(), receiver: Mutex::new(receiver), sender });
        on_one_thread(async {
            for handled in [true, false] {
                let (further, receiver) = mpsc::channel(4);
                let worker = tokio::spawn(Worker { receiver }.run());
                let (sender, receiver) = mpsc::channel(4);
                let stepper = tokio::spawn(Stepper { receiver, further, handled }.run());
                sender.send(Step::First).await.ok().unwrap();
                sender.send(Step::Second).await.ok().unwrap();
                drop(sender);
                stepper.await.unwrap();
                worker.await.unwrap();

                let spans = kept.get_finished_spans().unwrap();
                kept.reset();
                let named = |name: &str| -> Vec<&SpanData> {
                    spans.iter().filter(|span| span.name == *name).collect()
                };
                for kind in ["Stepper/First", "Stepper/Second"] {
                    let [step] = named(kind)[..] else { panic!("one span each: {spans:?}") };
                    assert_eq!(step.parent_span_id, SpanId::INVALID);
                    let instance = step.attributes.iter().find(|at| at.key.as_str() == "actor.instance");
                    assert_eq!(instance.unwrap().value.as_str(), "the application");
                    let below = named("Worker/Fine");
                    let below: Vec<_> = below
                        .iter()
                        .filter(|job| job.parent_span_id == step.span_context.span_id())
                        .collect();
                    assert_eq!(below.len(), 1, "{kind}");
                }
                assert_eq!(spans.len(), 4, "and none of the processor's: {spans:?}");
            }
        });
    });
}

#[test]
fn a_store_that_sends_on_makes_no_loop() {
    in_both("a_store_that_sends_on_makes_no_loop", || {
        install(ToStore);
        on_one_thread(assert_no_loop(true));
    });
}

#[test]
fn an_exporter_that_sends_while_a_handler_is_cancelled_makes_no_loop() {
    in_both("an_exporter_that_sends_while_a_handler_is_cancelled_makes_no_loop", || {
        install(SimpleSpanProcessor::new(ToStore));
        on_one_thread(async {
            assert!(STORE.set(spawn(Store { archive: None }, 64)).is_ok());
            let (sender, worker) = worker(true);
            sender.send(Job::Long).await.ok().unwrap();
            settle().await;
            worker.abort();
            worker.await.unwrap_err();
            settle().await;
            assert_eq!(exported(), ["Worker/Long"]);
        });
    });
}

// ----- while OpenTelemetry's context is lent -----

#[traced_actor(start = always)]
struct Ping;

/// A context with a span in it, which is not ours.
fn root() -> Context {
    Context::new().with_span(global::tracer("x").start_with_context("root", &Context::new()))
}

fn is_current() -> bool {
    Context::map_current(TraceContextExt::has_active_span)
}

/// A mailbox with this number of messages that were sent below a span.
fn pinged(count: usize) -> (mpsc::Sender<Ping>, mpsc::Receiver<Ping>) {
    let (sender, receiver) = mpsc::channel(8);
    let _below = root().attach();
    for _ in 0..count {
        sender.try_send(Ping).ok().unwrap();
    }
    (sender, receiver)
}

/// Runs within `get_active_span`, whose closure borrows OpenTelemetry's context.
fn while_lent<T>(run: impl FnOnce() -> T) -> T {
    catch_unwind(AssertUnwindSafe(|| get_active_span(|_| run()))).expect("nothing panics")
}

#[test]
fn a_receive_while_the_context_is_lent_leaves_nothing() {
    in_both("a_receive_while_the_context_is_lent_leaves_nothing", || {
        let memory = record();
        on_one_thread(async {
            let (_sender, mut receiver) = pinged(3);
            async {
                receiver.recv().await.unwrap();
                while_lent(|| receiver.try_recv().unwrap());
                while_lent(|| {
                    let waker = Task::from_waker(Waker::noop());
                    assert!(matches!(receiver.poll_recv(&mut { waker }), Poll::Ready(Some(Ping))));
                });
            }
            .traced()
            .await;
            drop(receiver);
            assert!(!is_current());
        });
        assert_eq!(
            memory.get_finished_spans().unwrap().iter().filter(|span| span.name.ends_with("Ping")).count(),
            3
        );
    });
}

#[test]
fn a_flow_that_is_polled_while_the_context_is_lent_leaves_nothing() {
    in_both("a_flow_that_is_polled_while_the_context_is_lent_leaves_nothing", || {
        record();
        let (_sender, mut receiver) = pinged(2);
        let mut flow = pin!(
            async move {
                receiver.recv().await.unwrap();
                tokio::task::yield_now().await;
                receiver.recv().await.unwrap();
                pending::<()>().await;
            }
            .traced()
        );
        on_one_thread(async {
            for _ in 0..3 {
                let poll = while_lent(|| flow.as_mut().poll(&mut Task::from_waker(Waker::noop())));
                assert!(poll.is_pending());
                assert!(!is_current());
            }
        });
    });
}

#[test]
fn a_handler_that_is_polled_and_dropped_while_the_context_is_lent_leaves_nothing() {
    in_both("a_handler_that_is_polled_and_dropped_while_the_context_is_lent_leaves_nothing", || {
        let memory = record();
        on_one_thread(async {
            let (sender, receiver) = mpsc::channel(4);
            let mut worker = Box::pin(Worker { receiver }.run());
            sender.try_send(Job::Long).ok().unwrap();
            let poll = while_lent(|| worker.as_mut().poll(&mut Task::from_waker(Waker::noop())));
            assert!(poll.is_pending());
            assert!(!is_current());
            while_lent(move || drop(worker));
            assert!(!is_current());
        });
        assert_eq!(memory.get_finished_spans().unwrap().len(), 1);
    });
}

#[test]
fn a_send_and_an_envelope_while_the_context_is_lent_leave_nothing() {
    in_both("a_send_and_an_envelope_while_the_context_is_lent_leave_nothing", || {
        record();
        let (sender, _receiver) = pinged(0);
        let _below = root().attach();
        let before = Context::map_current(|cx| cx.span().span_context().clone());
        while_lent(|| sender.try_send(Ping).ok().unwrap());
        while_lent(|| drop(Envelope::bare(Ping).open()));
        assert_eq!(Context::map_current(|cx| cx.span().span_context().clone()), before);
    });
}

// ----- what a cancelled handler's locals send -----

#[traced_actor(start = always)]
enum Door {
    Open,
    Closed,
}

struct Closer(mpsc::Sender<Door>);

impl Drop for Closer {
    fn drop(&mut self) {
        self.0.try_send(Door::Closed).ok().unwrap();
    }
}

struct House {
    receiver: mpsc::Receiver<Door>,
    log: mpsc::Sender<Door>,
}

#[traced_actor]
impl House {
    async fn run(mut self) {
        while let Some(door) = self.receiver.recv().await {
            self.handle(door).await;
        }
    }

    async fn handle(&mut self, door: Door) {
        if let Door::Open = door {
            let _closer = Closer(self.log.clone());
            pending::<()>().await;
        }
    }
}

struct Garage {
    receiver: mpsc::Receiver<Door>,
    log: mpsc::Sender<Door>,
}

#[traced_actor]
impl Garage {
    async fn run(mut self) {
        while let Some(Door::Open) = self.receiver.recv().await {
            let _closer = Closer(self.log.clone());
            pending::<()>().await;
        }
    }
}

/// A loop at work, which has a message to open.
type Loop = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Cancels a handler, and a loop that does the work itself. What their locals send is below their spans.
fn assert_below(cancel: fn(&mut dyn FnMut() -> Loop)) {
    for handled in [true, false] {
        let memory = MEMORY.get_or_init(record);
        memory.reset();
        let (log, mut closed) = mpsc::channel(4);
        cancel(&mut || {
            let (sender, receiver) = mpsc::channel(4);
            sender.try_send(Door::Open).ok().unwrap();
            let log = log.clone();
            Box::pin(async move {
                let _open = sender;
                if handled {
                    House { receiver, log }.run().await;
                } else {
                    Garage { receiver, log }.run().await;
                }
            })
        });
        on_one_thread(async move { closed.recv().await.map(drop).unwrap() }.traced());
        let spans = memory.get_finished_spans().unwrap();
        let of = |kind: &str| {
            let found: Vec<_> = spans.iter().filter(|span| span.name.ends_with(kind)).collect();
            assert_eq!(found.len(), 1, "{kind}: {spans:#?}");
            found[0]
        };
        let (open, closed) = (of("/Open"), of("/Closed"));
        assert_ne!(open.span_context.span_id(), SpanId::INVALID);
        assert_eq!(closed.parent_span_id, open.span_context.span_id(), "handled: {handled}");
        assert_eq!(closed.span_context.trace_id(), open.span_context.trace_id());
    }
}

static MEMORY: OnceLock<InMemorySpanExporter> = OnceLock::new();

#[test]
fn what_an_aborted_task_sends_is_its_message_s() {
    in_both("what_an_aborted_task_sends_is_its_message_s", || {
        assert_below(|house| {
            let house = house();
            on_one_thread(async {
                let house = tokio::spawn(house);
                settle().await;
                house.abort();
                assert!(house.await.unwrap_err().is_cancelled());
            });
        });
    });
}

#[test]
fn what_a_task_sends_that_goes_with_its_runtime_is_its_message_s() {
    in_both("what_a_task_sends_that_goes_with_its_runtime_is_its_message_s", || {
        assert_below(|house| {
            let house = house();
            on_one_thread(async {
                tokio::spawn(house);
                settle().await;
            });
        });
    });
}

#[test]
fn what_a_task_of_a_dropped_set_sends_is_its_message_s() {
    in_both("what_a_task_of_a_dropped_set_sends_is_its_message_s", || {
        assert_below(|house| {
            let house = house();
            on_one_thread(async {
                let mut set = JoinSet::new();
                set.spawn(house);
                settle().await;
                set.shutdown().await;
            });
        });
    });
}

#[test]
fn what_a_loop_sends_that_runs_out_of_time_is_its_message_s() {
    in_both("what_a_loop_sends_that_runs_out_of_time_is_its_message_s", || {
        assert_below(|house| {
            let house = house();
            on_one_thread(async {
                tokio::time::pause();
                tokio::time::timeout(Duration::from_secs(1), house).await.unwrap_err();
            });
        });
    });
}

#[test]
fn what_a_loop_sends_that_is_dropped_on_another_thread_is_its_message_s() {
    in_both("what_a_loop_sends_that_is_dropped_on_another_thread_is_its_message_s", || {
        assert_below(|house| {
            let mut house = house();
            assert!(house.as_mut().poll(&mut Task::from_waker(Waker::noop())).is_pending());
            std::thread::spawn(move || drop(house)).join().unwrap();
        });
    });
}

// ----- what panics while a span is made -----

struct Sour;

impl fmt::Debug for Sour {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        panic!("sour")
    }
}

impl fmt::Display for Sour {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        panic!("sour")
    }
}

fn weigh<T>(_: &Sour) -> T {
    panic!("no scales")
}

#[traced_actor(start = always)]
enum Fruit {
    #[traced(fields(?taste))]
    Lemon {
        taste: Sour,
    },
    #[traced(fields(%taste))]
    Lime {
        taste: Sour,
    },
    #[traced(fields(weight = weigh::<i64>(taste)))]
    Grapefruit {
        taste: Sour,
    },
    #[traced(key = weigh::<&'static str>(taste))]
    Orange {
        taste: Sour,
    },
    #[traced(fanout = weigh::<usize>(taste))]
    Yuzu {
        taste: Sour,
    },
    Plum,
}

fn sour() -> [Fruit; 5] {
    [
        Fruit::Lemon { taste: Sour },
        Fruit::Lime { taste: Sour },
        Fruit::Grapefruit { taste: Sour },
        Fruit::Orange { taste: Sour },
        Fruit::Yuzu { taste: Sour },
    ]
}

static EATEN: AtomicUsize = AtomicUsize::new(0);

fn eat(fruit: Fruit) {
    EATEN.fetch_add(1, Relaxed);
    match fruit {
        Fruit::Lemon { taste }
        | Fruit::Lime { taste }
        | Fruit::Grapefruit { taste }
        | Fruit::Orange { taste }
        | Fruit::Yuzu { taste } => assert_eq!(size_of_val(&taste), 0),
        Fruit::Plum => {}
    }
}

struct Bowl;

#[traced_actor]
impl Bowl {
    async fn handle(&mut self, fruit: Fruit) {
        eat(fruit);
    }
}

struct Basket {
    receiver: mpsc::Receiver<Fruit>,
}

#[traced_actor]
impl Basket {
    async fn run(mut self) {
        while let Some(fruit) = self.receiver.recv().await {
            eat(fruit);
        }
    }
}

struct Crate {
    receiver: mpsc::Receiver<Fruit>,
}

#[traced_actor]
impl Crate {
    async fn run(mut self) {
        let mut fruits = Vec::new();
        while self.receiver.recv_many(&mut fruits, 2).await > 0 {
            fruits.drain(..).for_each(eat);
        }
    }
}

/// The fruits are eaten, whatever becomes of their spans, and the plum at the end has its own.
fn assert_eaten(memory: &InMemorySpanExporter, count: usize, plum: &str) {
    assert_eq!(EATEN.swap(0, Relaxed), count);
    let spans = memory.get_finished_spans().unwrap();
    assert!(spans.iter().any(|span| span.name == plum), "{spans:#?}");
}

#[test]
fn a_field_that_panics_costs_no_message_of_a_spawned_actor() {
    in_both("a_field_that_panics_costs_no_message_of_a_spawned_actor", || {
        let memory = record();
        on_one_thread(async {
            let bowl = Spawn::new(Bowl).on_panic(|_, _| OnPanic::Continue).start();
            for fruit in sour() {
                bowl.cast(fruit).await.ok().unwrap();
                settle().await;
            }
            bowl.cast(Fruit::Plum).await.ok().unwrap();
            bowl.join().await.unwrap();
        });
        assert_eaten(&memory, 6, "Bowl/Plum");
    });
}

#[test]
fn a_field_that_panics_costs_no_message_of_a_loop() {
    in_both("a_field_that_panics_costs_no_message_of_a_loop", || {
        let memory = record();
        on_one_thread(async {
            let (sender, receiver) = mpsc::channel(8);
            let basket = tokio::spawn(Basket { receiver }.run());
            for fruit in sour().into_iter().chain([Fruit::Plum]) {
                sender.send(fruit).await.ok().unwrap();
                settle().await;
            }
            drop(sender);
            basket.await.unwrap();
        });
        assert_eaten(&memory, 6, "Basket/Plum");
    });
}

#[test]
fn a_field_that_panics_costs_no_message_of_a_batch() {
    in_both("a_field_that_panics_costs_no_message_of_a_batch", || {
        let memory = record();
        on_one_thread(async {
            let (sender, receiver) = mpsc::channel(8);
            for fruit in sour() {
                sender.send(fruit).await.ok().unwrap();
            }
            let fruits = tokio::spawn(Crate { receiver }.run());
            settle().await;
            sender.send(Fruit::Plum).await.ok().unwrap();
            drop(sender);
            fruits.await.unwrap();
        });
        assert_eaten(&memory, 6, "Crate/Plum");
    });
}

#[test]
fn a_field_that_panics_costs_no_message_of_a_direct_call() {
    in_both("a_field_that_panics_costs_no_message_of_a_direct_call", || {
        let memory = record();
        on_one_thread(async {
            let mut bowl = Bowl;
            for fruit in sour().into_iter().chain([Fruit::Plum]) {
                bowl.handle(fruit).await;
            }
        });
        assert_eaten(&memory, 6, "Bowl/Plum");
    });
}

#[derive(Debug)]
struct Rotten(Sour);

struct Kitchen {
    receiver: mpsc::Receiver<Fruit>,
}

#[traced_actor]
impl Kitchen {
    async fn run(mut self) {
        while let Some(fruit) = self.receiver.recv().await {
            self.handle(fruit).await.ok();
        }
    }

    async fn handle(&mut self, fruit: Fruit) -> Result<(), Rotten> {
        let plum = matches!(fruit, Fruit::Plum);
        eat(fruit);
        if plum { Ok(()) } else { Err(Rotten(Sour)) }
    }
}

#[test]
fn an_error_that_panics_when_it_is_shown_costs_no_message() {
    in_both("an_error_that_panics_when_it_is_shown_costs_no_message", || {
        let memory = record();
        on_one_thread(async {
            let (sender, receiver) = mpsc::channel(8);
            let kitchen = tokio::spawn(Kitchen { receiver }.run());
            for fruit in sour().into_iter().chain([Fruit::Plum]) {
                sender.send(fruit).await.ok().unwrap();
            }
            drop(sender);
            kitchen.await.unwrap();
        });
        assert_eaten(&memory, 6, "Kitchen/Plum");
    });
}
