//! A number of actors, and messages to them: one by one, and by broadcast.

use std::future::Future;
use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};
use tokio::sync::mpsc as raw;
use traced_actor::context::{
    MessageContext, SampledContext, TraceContext, TraceFlags, new_span_id, new_trace_id,
};
use traced_actor::sync::mpsc;
use traced_actor::{Envelope, broadcast, traced_actor};
use traced_actor_benches::{allocations, median, thread_time};

use crate::provider;
use crate::table::Measured;

/// The way in which messages are sent.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// tokio's channel, and a loop over the recipients.
    Bare,
    /// This crate, while nothing is sampled.
    Unsampled,
    /// This crate in a sampled handler. Each single message has a span. A broadcast has ten spans.
    Sampled,
}

impl Way {
    pub(crate) const ALL: [Self; 3] = [Self::Bare, Self::Unsampled, Self::Sampled];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Bare => "bare",
            Self::Unsampled => "unsampled",
            Self::Sampled => "sampled",
        }
    }

    fn carried(self) -> MessageContext {
        match self {
            Self::Bare | Self::Unsampled => MessageContext::UNSAMPLED,
            Self::Sampled => {
                let context = TraceContext::new(new_trace_id(), new_span_id(), TraceFlags::SAMPLED);
                MessageContext::sampled(SampledContext::new(context))
            }
        }
    }
}

#[traced_actor]
#[derive(Clone)]
struct Post {
    channel: u64,
    _text: [u64; 6],
}

impl Post {
    fn new(channel: u64) -> Self {
        Self { channel, _text: [channel; 6] }
    }
}

const CAPACITY: usize = 64;
/// The number of messages in one measurement, or one to each actor if there are more.
const MESSAGES: usize = 100_000;
/// The maximum number of broadcasts in one measurement: each has spans, which wait for the exporter.
const BROADCASTS: usize = 2_000;
/// A prime, so that the next actor is not the next one in memory.
const STRIDE: usize = 7_919;

type Handled = Arc<AtomicU64>;

async fn run_bare(mut receiver: raw::Receiver<Post>, handled: Handled) {
    while let Some(post) = receiver.recv().await {
        black_box(post.channel);
        handled.fetch_add(1, Relaxed);
    }
}

#[traced_actor]
async fn run_traced(mut receiver: mpsc::Receiver<Post>, handled: Handled) {
    while let Some(post) = receiver.recv().await {
        black_box(post.channel);
        handled.fetch_add(1, Relaxed);
    }
}

/// Measures in this process.
pub(crate) fn measure(way: Way, size: usize) -> Measured {
    let runtime = Builder::new_current_thread().build().expect("a runtime of one thread without drivers");
    let handled = Handled::default();
    match way {
        Way::Bare => {
            let mut senders = Vec::with_capacity(size);
            let actor = bytes_each(size, || {
                let (sender, receiver) = raw::channel(CAPACITY);
                runtime.spawn(run_bare(receiver, handled.clone()));
                senders.push(sender);
            });
            let one = async |index: usize| senders[index].send(Post::new(0)).await.is_ok();
            let all = async || {
                let post = Post::new(0);
                for sender in &senders {
                    sender.send(post.clone()).await.ok();
                }
            };
            measured(&Setup { runtime, handled, way, size }, actor, one, all)
        }
        Way::Unsampled | Way::Sampled => {
            provider::install();
            let mut senders = Vec::with_capacity(size);
            let actor = bytes_each(size, || {
                let (sender, receiver) = mpsc::channel(CAPACITY);
                runtime.spawn(run_traced(receiver, handled.clone()));
                senders.push(sender);
            });
            let one = async |index: usize| senders[index].send(Post::new(0)).await.is_ok();
            let all = async || {
                broadcast(&senders, Post::new(0)).await;
            };
            measured(&Setup { runtime, handled, way, size }, actor, one, all)
        }
    }
}

struct Setup {
    runtime: Runtime,
    handled: Handled,
    way: Way,
    size: usize,
}

fn measured(setup: &Setup, actor: f64, one: impl AsyncFn(usize) -> bool, all: impl AsyncFn()) -> Measured {
    let size = setup.size;
    // If each message has a span, send no more than fit into the exporter's queue.
    let most = if setup.way == Way::Sampled { provider::ROOM } else { MESSAGES.max(size) };
    let messages = setup.repeated(most, async || {
        for message in 0..most {
            assert!(one(message * STRIDE % size).await, "each actor runs");
        }
    });
    let broadcasts = (MESSAGES / size).clamp(1, BROADCASTS);
    let recipients = setup.repeated(broadcasts * size, async || {
        for number in 1..=broadcasts {
            let before = setup.handled.load(Relaxed);
            all().await;
            setup.until_handled(before + size as u64).await;
            black_box(number);
        }
    });
    Measured { message: messages, recipient: recipients, actor }
}

impl Setup {
    /// Returns the median time, in ns, of each of `count` messages that `work` sends, until all are handled.
    #[expect(clippy::cast_precision_loss, reason = "a million")]
    fn repeated(&self, count: usize, work: impl AsyncFn()) -> f64 {
        let rounds = if count > MESSAGES { 3 } else { 7 };
        let once = || {
            let start = thread_time();
            let before = self.handled.load(Relaxed);
            self.handling(async {
                work().await;
                self.until_handled(before + count as u64).await;
            });
            let took: Duration = thread_time().saturating_sub(start);
            if self.way != Way::Bare {
                provider::flush();
            }
            took.as_nanos() as f64 / count as f64
        };
        once(); // the first one finds cold memory
        median(&(0..rounds).map(|_| once()).collect::<Vec<_>>())
    }

    /// Runs `work`, as the handling of a message with the way's decision.
    fn handling(&self, work: impl Future<Output = ()>) {
        if self.way == Way::Bare {
            self.runtime.block_on(work);
        } else {
            let (_, mut handling) = Envelope::new(Post::new(0), self.way.carried()).open();
            self.runtime.block_on(handling.run(work));
            handling.end_ok();
        }
    }

    async fn until_handled(&self, count: u64) {
        while self.handled.load(Relaxed) < count {
            tokio::task::yield_now().await;
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "some thousand bytes")]
fn bytes_each(size: usize, mut make: impl FnMut()) -> f64 {
    let ((), allocated) = allocations::count(|| (0..size).for_each(|_| make()));
    allocated.live as f64 / size as f64
}
