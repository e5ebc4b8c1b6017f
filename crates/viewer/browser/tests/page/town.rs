//! The program that the page shows in these tests: actors that work, one that waits, and made-up traces.

use std::sync::OnceLock;
use std::time::Duration;

use traced_actor::context::Timestamp;
use traced_actor::record::{FinishedSpan, OwnedAttribute};
use traced_actor::sync::oneshot;
use traced_actor::{ActorRef, SpanId, Spawn, TraceContext, TraceFlags, TraceId, spawn, traced_actor};
use traced_actor_viewer::{Builder, Exporter, Viewer};

/// The trace of a fan-out, which most tests look at.
pub(crate) const FANOUT: u128 = 0x4bf9_2f35_77b3_4da6_a3ce_929d_0e0e_4736;

/// The start of all made-up traces, in nanoseconds since the Unix epoch.
const EPOCH: u64 = 1_790_000_000_000_000_000;

#[traced_actor]
#[derive(Debug)]
enum Order {
    Bake,
    Clean,
    /// A request that is never answered.
    Wait {
        respond_to: oneshot::Sender<()>,
    },
}

struct Baker;

#[traced_actor]
impl Baker {
    async fn handle(&mut self, order: Order) {
        match order {
            Order::Bake => tokio::time::sleep(Duration::from_millis(3)).await,
            Order::Clean => {}
            Order::Wait { respond_to } => {
                std::future::pending::<()>().await;
                drop(respond_to);
            }
        }
    }
}

#[traced_actor]
#[derive(Debug)]
enum Sale {
    Pay,
    Refund,
}

#[derive(Debug)]
struct NoChange;

struct Till;

#[traced_actor]
impl Till {
    async fn handle(&mut self, sale: Sale) -> Result<(), NoChange> {
        tokio::time::sleep(Duration::from_micros(300)).await;
        match sale {
            Sale::Pay => Ok(()),
            Sale::Refund => Err(NoChange),
        }
    }
}

#[traced_actor]
#[derive(Debug)]
enum Parcel {
    Deliver,
}

struct Courier;

#[traced_actor]
impl Courier {
    async fn handle(&mut self, parcel: Parcel) {
        let Parcel::Deliver = parcel;
        tokio::time::sleep(Duration::from_millis(12)).await;
    }
}

/// Starts the viewer of this process, and the actors, which work until the process ends.
pub(crate) fn viewer() -> &'static (Viewer, Exporter) {
    static VIEWER: OnceLock<(Viewer, Exporter)> = OnceLock::new();
    VIEWER.get_or_init(|| {
        let (viewer, exporter) =
            Builder::new().service("town").quiet(true).start("127.0.0.1:0").expect("it starts");
        std::thread::spawn(work);
        for span in traces() {
            exporter.finished(span);
        }
        (viewer, exporter)
    })
}

/// Starts an empty viewer, for spans that would disturb other tests.
pub(crate) fn empty() -> (Viewer, Exporter) {
    Builder::new().service("empty").quiet(true).start("127.0.0.1:0").expect("it starts")
}

pub(crate) fn url(view: &str) -> String {
    format!("{}#/{view}", viewer().0.url())
}

#[tokio::main(flavor = "current_thread")]
async fn work() {
    let baker: ActorRef<Order> = Spawn::new(Baker).instance("baker 1").start();
    let stuck: ActorRef<Order> = Spawn::new(Baker).instance("baker 2").start();
    let asks = async { stuck.call(Duration::from_secs(3600), |respond_to| Order::Wait { respond_to }).await };
    let (till, courier): (ActorRef<Sale>, ActorRef<Parcel>) = (spawn(Till, 64), spawn(Courier, 64));
    let bakes = async {
        for i in 0_u64.. {
            baker.cast(Order::Bake).await.expect("it runs");
            baker.cast(Order::Clean).await.expect("it runs");
            if i % 2 == 0 {
                till.cast(if i % 64 == 0 { Sale::Refund } else { Sale::Pay }).await.expect("it runs");
            }
            if i % 5 == 0 {
                courier.cast(Parcel::Deliver).await.expect("it runs");
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    let _: (_, ()) = tokio::join!(asks, bakes);
}

/// A span of a trace, sent, received and ended at these microseconds.
pub(crate) fn span(trace: u128, id: u64, parent: u64, name: &'static str, at: [u64; 3]) -> FinishedSpan {
    let ids = (TraceId::new(trace).expect("not 0"), SpanId::new(id).expect("not 0"));
    let context = TraceContext::new(ids.0, ids.1, TraceFlags::SAMPLED);
    let time = |micros: u64| Timestamp::from_unix_nanos(EPOCH + micros * 1000);
    let mut span = FinishedSpan::new(context, name, time(at[1]), time(at[2]));
    span.parent = SpanId::new(parent);
    span.wait = (at[1] > at[0]).then(|| Duration::from_micros(at[1] - at[0]));
    span
}

pub(crate) fn with(mut span: FinishedSpan, attributes: &[(&'static str, OwnedAttribute)]) -> FinishedSpan {
    span.attributes.extend(attributes.iter().cloned());
    span
}

/// Two hundred posts, of which those of channel 42 are slow and those of channel 13 fail; and a fan-out to ten thousand.
fn traces() -> Vec<FinishedSpan> {
    let mut spans = Vec::new();
    for i in 0..400_u64 {
        let trace = u128::from(i) + 1;
        let channel = [7, 8, 9, 42, 21, 22, 13, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35]
            [usize::try_from(i % 20).expect("small")];
        let slow = if channel == 42 { 9_000 } else { 300 + i };
        let at = i * 20_000;
        spans.push(with(
            span(trace, 1, 0, "Gateway/Dispatch", [at, at, at + 80]),
            &[("number", i.cast_signed().into())],
        ));
        let fields =
            [("channel", channel.into()), ("actor.instance", format!("guild {}", i % 3).as_str().into())];
        let mut post = with(span(trace, 2, 1, "Guild/Post", [at + 60, at + 200, at + 400 + slow]), &fields);
        if channel == 13 {
            post.error = Some("there is no channel 13".to_owned());
            post.attributes.push(("error.type", "guild::UnknownChannel".into()));
        }
        spans.push(post);
        let shard = if channel == 42 { "7" } else { "1" };
        let load = span(trace, 3, 2, "Store/Load", [at + 210, at + 230, at + 300 + slow]);
        spans.push(with(load, &[("shard", shard.into())]));
    }
    let at = 9_000_000;
    spans.push(with(span(FANOUT, 1, 0, "Gateway/Dispatch", [at, at, at + 400]), &[("number", 4711.into())]));
    let fields = [
        ("channel", 7.into()),
        ("text_len", 12.into()),
        ("actor.instance", "guild 1".into()),
        ("sampling.fanout.size", 10_000.into()),
        ("sampling.fanout.selected", 10.into()),
    ];
    let mut post = with(span(FANOUT, 2, 1, "Guild/Post", [at + 250, at + 700, at + 3_900]), &fields);
    post.links.push(TraceContext::new(
        TraceId::new(4).expect("not 0"),
        SpanId::new(2).expect("not 0"),
        TraceFlags::SAMPLED,
    ));
    spans.push(post);
    let load = span(FANOUT, 3, 2, "Store/Load", [at + 720, at + 900, at + 1_800]);
    spans.push(with(load, &[("shard", "1".into())]));
    for i in 0..10 {
        let sent = at + 1_900 + i * 190;
        let one = span(
            FANOUT,
            10 + i,
            2,
            "Session/Deliver",
            [sent, sent + 150 + (i * 37) % 90, sent + 290 + (i * 53) % 70],
        );
        spans.push(with(
            one,
            &[
                ("sampling.probability", 0.001.into()),
                ("sampling.reason", "fanout".into()),
                ("actor.instance", format!("session {}", 991 * i).as_str().into()),
            ],
        ));
    }
    spans
}
