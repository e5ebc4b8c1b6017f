//! The actors of a run, each with a task and a mailbox. A post goes to one actor, which sends it on to others.

use std::cell::Cell;
use std::hint::black_box;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::transform::common::tonic::ResourceAttributesWithSchema;
use opentelemetry_proto::transform::trace::tonic::group_spans_by_resource_and_scope;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SpanData, SpanExporter};
use prost::Message as _;
use tokio::runtime::Builder;
use tokio::sync::mpsc as raw;
use traced_actor::sampling::{ParentBased, Ratio, set_sampler};
use traced_actor::sync::mpsc;
use traced_actor::traced_actor;
use traced_actor_opentelemetry::{BatchProcessor, DirectRecorder, install_direct};

use crate::measure::{Measured, Run};
use crate::process::{cpu_of_other_threads, cpu_of_this_thread, resident};

/// A message of a chat, of realistic size, and with two recorded fields.
#[traced_actor]
#[derive(Clone)]
enum Chat {
    /// A post to be sent on to this many actors.
    #[traced(fanout = *recipients, fields(channel, text_len))]
    Post { recipients: usize, channel: u64, text_len: u64, _text: [u64; 4] },
    #[traced(fields(channel))]
    Deliver { channel: u64, _text: [u64; 4] },
}

/// The capacity of a mailbox, in messages.
const CAPACITY: usize = 64;
/// The number of posts in progress at the same time.
const UNDER_WAY: u64 = 256;
/// A prime, so that the next actor is not the next one in memory.
const STRIDE: u64 = 7_919;

/// The state that all actors of a run share: which actor comes next, and the number of handled messages.
struct World<S> {
    senders: Vec<S>,
    next: Cell<u64>,
    handled: Cell<u64>,
}

impl<S> World<S> {
    fn next(&self) -> &S {
        let next = self.next.get();
        self.next.set(next + STRIDE);
        let count = self.senders.len() as u64;
        &self.senders[usize::try_from(next % count).expect("an index")]
    }

    fn handle(&self, channel: u64) {
        black_box(channel);
        self.handled.set(self.handled.get() + 1);
    }
}

/// Sends a post on to others. One macro for both kinds of channels, so that everything else is the same.
macro_rules! handled {
    ($world:expr, $message:expr) => {
        match $message {
            Chat::Post { recipients, channel, _text, .. } => {
                $world.handle(channel);
                for _ in 0..recipients {
                    // A full mailbox loses the message, as a gateway's would. The message is not counted as handled.
                    let _ = $world.next().try_send(Chat::Deliver { channel, _text });
                }
            }
            Chat::Deliver { channel, .. } => $world.handle(channel),
        }
    };
}

struct Bare(Rc<std::cell::OnceCell<World<raw::Sender<Chat>>>>);

impl Bare {
    async fn run(self, mut receiver: raw::Receiver<Chat>) {
        while let Some(message) = receiver.recv().await {
            let Some(world) = self.0.get() else { continue };
            handled!(world, message);
        }
    }
}

struct Traced(Rc<std::cell::OnceCell<World<mpsc::Sender<Chat>>>>);

#[traced_actor]
impl Traced {
    async fn run(self, mut receiver: mpsc::Receiver<Chat>) {
        while let Some(message) = receiver.recv().await {
            let Some(world) = self.0.get() else { continue };
            handled!(world, message);
        }
    }
}

/// Encodes spans as OTLP, and counts the bytes. This is the work of an exporter without the network.
#[derive(Debug, Clone, Default)]
struct Encoder {
    spans: Arc<AtomicU64>,
    bytes: Arc<AtomicU64>,
}

impl SpanExporter for Encoder {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        self.spans.fetch_add(batch.len() as u64, Relaxed);
        let resource =
            ResourceAttributesWithSchema::from(&Resource::builder_empty().with_service_name("scale").build());
        let resource_spans = group_spans_by_resource_and_scope(batch, &resource);
        let request = ExportTraceServiceRequest { resource_spans }.encode_to_vec();
        self.bytes.fetch_add(black_box(request).len() as u64, Relaxed);
        Ok(())
    }
}

/// Makes a run in this process.
pub(crate) fn run(run: &Run) -> Result<Measured, String> {
    let encoder = Encoder::default();
    let Some(ratio) = run.ratio else { return bare(run) };
    let batches = BatchProcessor::builder(encoder.clone()).queue(1 << 16).build();
    set_sampler(ParentBased::new(Ratio::new(ratio))).map_err(|error| error.to_string())?;
    let provider =
        install_direct(&DirectRecorder::new(batches.clone())).map_err(|error| error.to_string())?;
    let mut measured = traced(run)?;
    provider.force_flush().map_err(|error| error.to_string())?;
    measured.export_cpu = cpu_of_other_threads()?;
    if batches.counts().lost() > 0 {
        return Err(format!("the exporter did not keep up: {:?}", batches.counts()));
    }
    #[expect(clippy::cast_precision_loss, reason = "millions")]
    let count = |count: &AtomicU64| count.load(Relaxed) as f64;
    (measured.spans, measured.bytes) = (count(&encoder.spans), count(&encoder.bytes));
    Ok(measured)
}

/// One macro for both kinds, so that everything but the channels and the actor is the same.
macro_rules! way {
    ($name:ident, $actor:ident, $channel:path) => {
        fn $name(run: &Run) -> Result<Measured, String> {
            let runtime = Builder::new_current_thread().build().map_err(|error| error.to_string())?;
            let tasks = tokio::task::LocalSet::new();
            let world = Rc::default();
            let before = resident()?;
            let senders = (0..run.actors).map(|_| {
                let (sender, receiver) = $channel(CAPACITY);
                tasks.spawn_local($actor(Rc::clone(&world)).run(receiver));
                sender
            });
            let senders = senders.collect();
            // Each task runs once, until its first receive.
            runtime.block_on(tasks.run_until(tokio::task::yield_now()));
            runtime.block_on(tasks.run_until(async { settle(run.actors).await }));
            let actor_bytes = resident()? - before;
            let world = world.get_or_init(|| World { senders, next: Cell::new(0), handled: Cell::new(0) });
            let began = cpu_of_this_thread()?;
            runtime.block_on(tasks.run_until(async {
                for number in 0..run.posts {
                    let post = Chat::Post {
                        recipients: usize::try_from(run.fanout).expect("a few"),
                        channel: number,
                        text_len: 32,
                        _text: [number; 4],
                    };
                    let _ = world.next().try_send(post);
                    if number % UNDER_WAY == 0 {
                        settle(UNDER_WAY * (run.fanout + 1)).await;
                    }
                }
                settle(run.posts).await;
            }));
            #[expect(clippy::cast_precision_loss, reason = "millions")]
            let (messages, actors) = (world.handled.get() as f64, run.actors as f64);
            Ok(Measured {
                messages,
                actor_cpu: cpu_of_this_thread()? - began,
                actor_bytes: actor_bytes / actors,
                ..Measured::default()
            })
        }
    };
}

way!(bare, Bare, raw::channel);
way!(traced, Traced, mpsc::channel);

/// Lets the tasks run. A set runs 61 of them between two of its own polls.
async fn settle(tasks: u64) {
    for _ in 0..tasks / 32 + 4 {
        tokio::task::yield_now().await;
    }
}
