//! One message to ten thousand mailboxes.

use std::cell::RefCell;
use std::future::Future;
use std::rc::Rc;

use tokio::runtime::Runtime;
use tokio::sync::mpsc as raw;
use traced_actor::context::{Carried, SampledContext, TraceContext, TraceFlags, new_span_id, new_trace_id};
use traced_actor::sync::mpsc;
use traced_actor::{Envelope, TracedExt as _, broadcast, counters};
use traced_actor_benches::{Contestant, Measure, Row, Set, counted, timed};

use crate::programs::{Post, provider, runtime};

const RECIPIENTS: usize = 10_000;
/// Of each mailbox: as many broadcasts go into one run.
const ROOM: usize = 4;

const RAW: &str = "raw loop";
const UNSAMPLED: &str = "broadcast, unsampled";
const SAMPLED: &str = "broadcast, sampled";
const SPANS: &str = "spans of a broadcast";

/// Each has mailboxes of its own, as the types are others.
pub(crate) const FANOUTS: Set = Set {
    name: "fan-out",
    world: provider::install,
    contestants: &[(RAW, raw), (UNSAMPLED, || broadcasts(|| Carried::UNSAMPLED))],
    rows: &[Row::new("fan-out to 10,000, unsampled", UNSAMPLED, RAW, Measure::Ratio, Some(1.02))],
};

/// Both send to the very same mailboxes in turn: where these lie in memory makes a difference of up to a tenth, because
/// most of the time is that of cache misses. In another process than the raw loop, whose mailboxes would be used once
/// where these are used twice, and so be in no cache.
pub(crate) const SAMPLED_FANOUTS: Set = Set {
    name: "fan-out, sampled",
    world: provider::install,
    contestants: &[
        (UNSAMPLED, || broadcasts(|| Carried::UNSAMPLED)),
        (SAMPLED, || broadcasts(sampled)),
        (SPANS, spans),
    ],
    rows: &[
        Row::new("fan-out to 10,000, sampled", SAMPLED, UNSAMPLED, Measure::Ratio, Some(1.05)),
        Row::new("fan-out to 10,000, sampled: spans", SPANS, SPANS, Measure::Count, Some(10.0)),
    ],
};

fn sampled() -> Carried {
    let context = TraceContext::new(new_trace_id(), new_span_id(), TraceFlags::SAMPLED);
    Carried::sampled(SampledContext::new(context))
}

/// A repetition is a broadcast. What is in the mailboxes is thrown away between the runs.
fn raw() -> Contestant {
    let runtime = runtime();
    let (senders, receivers): (Vec<_>, Vec<_>) = (0..RECIPIENTS).map(|_| raw::channel(ROOM)).unzip();
    let receivers = Rc::new(RefCell::new(receivers));
    let emptied = receivers.clone();
    let run = move |times| {
        runtime.block_on(async {
            for _ in 0..times {
                let post = Post::new();
                for sender in &senders {
                    sender.send(post.clone()).await.ok();
                }
            }
        });
        let _open = &receivers;
    };
    timed(run).emptied(ROOM as u64, move || {
        for receiver in emptied.borrow_mut().iter_mut() {
            while receiver.try_recv().is_ok() {}
        }
    })
}

fn broadcasts(carried: fn() -> Carried) -> Contestant {
    let runtime = runtime();
    let shared = MAILBOXES.with(Rc::clone);
    let emptied = shared.clone();
    let run = move |times| {
        for _ in 0..times {
            handle(&runtime, carried(), async {
                broadcast(&shared.senders, Post::new()).await;
            });
        }
    };
    timed(run).emptied(ROOM as u64, move || {
        for receiver in emptied.receivers.borrow_mut().iter_mut() {
            while receiver.try_recv_envelope().is_ok() {}
        }
    })
}

/// Of all broadcasts of a process. Empty whenever one begins.
struct Mailboxes {
    senders: Vec<mpsc::Sender<Post>>,
    receivers: RefCell<Vec<mpsc::Receiver<Post>>>,
}

thread_local! {
    static MAILBOXES: Rc<Mailboxes> = {
        let (senders, receivers) = mailboxes();
        Rc::new(Mailboxes { senders, receivers: RefCell::new(receivers) })
    };
}

/// How many of the recipients' spans are kept.
fn spans() -> Contestant {
    let runtime = runtime();
    let (senders, receivers) = mailboxes();
    let before = counters();
    handle(&runtime, sampled(), async {
        broadcast(&senders, Post::new()).await;
    });
    // Each recipient is an actor of its own, with a scope.
    for mut receiver in receivers {
        runtime.block_on(async move { receiver.recv().await.map(drop) }.traced());
    }
    let now = counters();
    let kept = |counters: traced_actor::Counters| counters.kept.values().sum::<u64>();
    assert_eq!(now.received() - before.received(), RECIPIENTS as u64 + 1);
    #[expect(clippy::cast_precision_loss, reason = "ten")]
    counted((kept(now) - kept(before) - 1) as f64)
}

fn mailboxes() -> (Vec<mpsc::Sender<Post>>, Vec<mpsc::Receiver<Post>>) {
    (0..RECIPIENTS).map(|_| mpsc::channel(ROOM)).unzip()
}

/// Runs `work` as the handling of a message that came with this context.
fn handle(runtime: &Runtime, carried: Carried, work: impl Future<Output = ()>) {
    let (_, mut handling) = Envelope::new(Post::new(), carried).open();
    runtime.block_on(handling.run(work));
    handling.end_ok();
}
