//! Nothing is kept by chance, and all of a trace is kept in which something went wrong.
//!
//! One recorder for the process, and tests that tell their traces apart.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use traced_actor::record::{FinishedSpan, OwnedAttribute};
use traced_actor::sampling::{self, ParentBased, Ratio};
use traced_actor::sync::mpsc;
use traced_actor::testkit::Scope;
use traced_actor::{TraceId, traced_actor};
use traced_actor_flight::{Flight, TriggerOptions};

static KEPT: Mutex<Vec<FinishedSpan>> = Mutex::new(Vec::new());

fn flight() -> &'static Flight {
    static FLIGHT: OnceLock<Flight> = OnceLock::new();
    FLIGHT.get_or_init(|| {
        sampling::set_sampler(ParentBased::new(Ratio::new(0.0))).unwrap();
        let mut triggers = TriggerOptions::default();
        triggers.per_second = 1000.0;
        triggers.slow_operations.insert("Store/Slow".into(), Duration::from_millis(20));
        triggers.slow_operations.insert("Store/Quick".into(), Duration::from_secs(3600));
        let flight = Flight::builder()
            .triggers(triggers)
            .interval(Duration::from_secs(3600))
            .keep(|span| KEPT.lock().unwrap().push(span))
            .start()
            .unwrap();
        flight.install().unwrap();
        flight
    })
}

/// Kept spans by their name: the parent's name, the reason and the trigger.
type Kept = BTreeMap<String, (Option<String>, String, String)>;

/// The spans of a trace that were kept so far.
fn kept(trace: TraceId) -> Kept {
    flight().flush();
    of_trace(trace, &KEPT.lock().unwrap())
}

fn of_trace(trace: TraceId, kept: &[FinishedSpan]) -> Kept {
    let of = kept.iter().filter(|span| span.context.trace_id == trace);
    let text =
        |span: &FinishedSpan, name: &str| span.attribute(name).map(ToString::to_string).unwrap_or_default();
    of.map(|span| {
        assert!(span.context.is_sampled(), "OpenTelemetry drops a span without the flag");
        assert_eq!(span.attribute("sampling.probability"), None);
        let parent = span.parent.map(|id| {
            let parent = kept.iter().find(|span| span.context.span_id == id);
            parent.expect("the parent was kept as well").name.to_owned()
        });
        (span.name.to_owned(), (parent, text(span, "sampling.reason"), text(span, "sampling.trigger")))
    })
    .collect()
}

fn expected(spans: &[(&str, Option<&str>)], trigger: &str) -> Kept {
    let span = |(name, parent): &(&str, Option<&str>)| {
        let reason = ("triggered".to_owned(), trigger.to_owned());
        ((*name).to_owned(), (parent.map(ToOwned::to_owned), reason.0, reason.1))
    };
    spans.iter().map(span).collect()
}

#[derive(Clone, Copy, Debug)]
enum Then {
    Nothing,
    Error,
    Panic,
    Keep,
    Cancel,
}

#[traced_actor]
enum Order {
    #[traced(fields(number))]
    Place { number: u64, then: Then, trace: tokio::sync::oneshot::Sender<TraceId> },
}

#[traced_actor]
enum Save {
    Row(Then),
    Quick,
    /// Takes so long.
    Slow(Duration),
}

struct Shop {
    receiver: mpsc::Receiver<Order>,
    store: mpsc::Sender<Save>,
}

#[traced_actor]
impl Shop {
    async fn run(mut self) {
        while let Some(order) = self.receiver.recv().await {
            self.handle(order).await;
        }
    }

    async fn handle(&mut self, order: Order) {
        let Order::Place { then, trace, .. } = order;
        let _ = trace.send(traced_actor::current_span().context().expect("all is recorded").trace_id);
        let _ = self.store.send(Save::Row(then)).await;
    }
}

struct Store {
    receiver: mpsc::Receiver<Save>,
}

#[traced_actor]
impl Store {
    async fn run(mut self) {
        while let Some(save) = self.receiver.recv().await {
            let _ = self.handle(save).await;
        }
    }

    async fn handle(&mut self, save: Save) -> Result<(), String> {
        match save {
            Save::Row(Then::Nothing) | Save::Quick => Ok(()),
            Save::Row(Then::Error) => Err("no room".to_owned()),
            Save::Row(Then::Panic) => panic!("a test"),
            Save::Row(Then::Keep) => {
                traced_actor_flight::keep();
                Ok(())
            }
            Save::Row(Then::Cancel) => std::future::pending().await,
            Save::Slow(time) => {
                tokio::time::sleep(time).await;
                Ok(())
            }
        }
    }
}

/// Places an order on one thread, whose row is stored on another one. Returns its trace.
fn place(then: Then) -> TraceId {
    flight();
    let (store, rows) = mpsc::channel(1);
    let storing = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(async {
            let run = tokio::spawn(Store { receiver: rows }.run());
            if let Then::Cancel = then {
                let _ = tokio::time::timeout(Duration::from_millis(10), run).await;
            } else {
                let _ = run.await;
            }
        });
    });
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let trace = runtime.block_on(async {
        let (sender, receiver) = mpsc::channel(1);
        let (told, trace) = tokio::sync::oneshot::channel();
        sender.send(Order::Place { number: 7, then, trace: told }).await.ok().unwrap();
        drop(sender);
        Shop { receiver, store }.run().await;
        trace.await.unwrap()
    });
    storing.join().unwrap();
    trace
}

const WHOLE: &[(&str, Option<&str>)] = &[("Shop/Place", None), ("Store/Row", Some("Shop/Place"))];

#[test]
fn an_error_keeps_the_whole_trace_and_no_other() {
    let (fine, failed) = (place(Then::Nothing), place(Then::Error));
    assert_eq!(kept(failed), expected(WHOLE, "error"));
    assert_eq!(kept(fine), BTreeMap::new());
    let spans = KEPT.lock().unwrap();
    let of =
        |name: &str| spans.iter().find(|span| span.context.trace_id == failed && span.name == name).unwrap();
    assert_eq!(of("Store/Row").error.as_deref(), Some("no room"));
    assert_eq!(of("Shop/Place").attribute("number"), Some(&OwnedAttribute::Int(7)));
    assert!(of("Store/Row").wait.is_some() && of("Store/Row").start >= of("Shop/Place").start);
}

#[test]
fn a_panic_keeps_the_trace() {
    assert_eq!(kept(place(Then::Panic)), expected(WHOLE, "panic"));
}

#[test]
fn a_handler_keeps_its_trace() {
    assert_eq!(kept(place(Then::Keep)), expected(WHOLE, "keep"));
}

#[test]
fn a_cancelled_handler_is_no_error() {
    assert_eq!(kept(place(Then::Cancel)), BTreeMap::new());
}

#[test]
fn an_operator_keeps_a_trace_that_has_ended_and_what_was_read_before() {
    let trace = place(Then::Nothing);
    flight().flush();
    flight().flush();
    assert!(flight().keep_trace(trace));
    assert_eq!(kept(trace), expected(WHOLE, "command"));
    assert!(flight().keep_trace(trace), "it is wanted already");
    assert_eq!(kept(trace).len(), 2);
}

/// Runs a store that receives a message after this time, and returns the trace of the message.
async fn store(message: Save, after: Duration) -> TraceId {
    let (sender, receiver) = mpsc::channel(4);
    let mut parent = traced_actor::Envelope::bare(Gate).open().1;
    let trace = parent
        .run(async {
            sender.send(message).await.ok().unwrap();
            traced_actor::current_span().context().unwrap().trace_id
        })
        .await;
    parent.end_ok();
    drop(sender);
    tokio::time::sleep(after).await;
    Store { receiver }.run().await;
    trace
}

#[traced_actor]
struct Gate;

#[tokio::test]
async fn what_takes_too_long_is_kept_by_its_operation_s_bound() {
    flight();
    let fast = store(Save::Quick, Duration::ZERO).await;
    let slow = store(Save::Slow(Duration::from_millis(25)), Duration::ZERO).await;
    assert_eq!(kept(slow), expected(&[("Gate/Gate", None), ("Store/Slow", Some("Gate/Gate"))], "slow"));
    assert_eq!(kept(fast), BTreeMap::new());
}

/// With a recorder of its own: on a busy machine the messages of other tests wait as well.
#[tokio::test]
async fn what_waits_too_long_is_kept() {
    let mut triggers = TriggerOptions::default();
    triggers.wait = Some(Duration::from_millis(20));
    let kept: Arc<Mutex<Vec<FinishedSpan>>> = Arc::default();
    let keeping = kept.clone();
    let flight = Flight::builder()
        .triggers(triggers)
        .interval(Duration::from_secs(3600))
        .keep(move |span| keeping.lock().unwrap().push(span))
        .start()
        .unwrap();
    let scope = Scope::with_sampler(flight.recorder(), ParentBased::new(Ratio::new(0.0)));
    let trace = scope.wrap(store(Save::Row(Then::Nothing), Duration::from_millis(25))).await;
    flight.flush();
    let expected = expected(&[("Gate/Gate", None), ("Store/Row", Some("Gate/Gate"))], "wait");
    assert_eq!(of_trace(trace, &kept.lock().unwrap()), expected);
}

/// A task that moves between threads starts a span on one and ends it on another.
#[test]
fn a_span_that_starts_on_one_thread_and_ends_on_another_is_whole() {
    flight();
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(4).enable_time().build().unwrap();
    let traces: Vec<TraceId> = runtime.block_on(async {
        let tasks = (0..200).map(|number| {
            tokio::spawn(async move {
                let (sender, receiver) = mpsc::channel(1);
                let (told, trace) = tokio::sync::oneshot::channel();
                let (store, rows) = mpsc::channel(1);
                let then = if number % 2 == 0 { Then::Error } else { Then::Nothing };
                let storing = tokio::spawn(async move {
                    tokio::task::yield_now().await;
                    Store { receiver: rows }.run().await;
                });
                sender.send(Order::Place { number, then, trace: told }).await.ok().unwrap();
                drop(sender);
                Shop { receiver, store }.run().await;
                storing.await.unwrap();
                trace.await.unwrap()
            })
        });
        let mut traces = Vec::new();
        for task in tasks.collect::<Vec<_>>() {
            traces.push(task.await.unwrap());
        }
        traces
    });
    drop(runtime);
    for (number, trace) in traces.into_iter().enumerate() {
        let expected = if number % 2 == 0 { expected(WHOLE, "error") } else { BTreeMap::new() };
        assert_eq!(kept(trace), expected, "{number}");
    }
}
