//! Runs a program on the runtime, step by step, beside the model, and compares the two.
//!
//! Flows are futures that are polled by hand: a flow runs its instructions and is pending. Tasks run on a single-threaded
//! tokio runtime, which runs only when the program says so. Nothing depends on time, or on the order in which a runtime polls
//! its tasks, because each event is reported to the model when it happens.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use tokio::runtime::Runtime;
use tokio::task::JoinHandle;
use traced_actor::context::ContextState;
use traced_actor::record::FinishedSpan;
use traced_actor::sync::mpsc;
use traced_actor::{Envelope, Message, SpanId, TracedExt, task, traced_actor};

use crate::channels::{Channel, Receive, Receiver, Sender, channel};
use crate::model::{BATCH, Carried, Current, Fault, FlowNo, Kind, Model, Scope, SpanNo};
use crate::program::{Around, How, Op, Origin, Program, Spawner};
use crate::support::{Recording, from_outside, outside, unsampled};

type Outcome = Result<(), &'static str>;
type Future_ = Pin<Box<dyn Future<Output = Outcome> + Send>>;

// ----- the messages, and their handlers -----

#[traced_actor]
pub(crate) enum Item {
    #[traced(fields(id))]
    A { id: u32 },
    #[traced(fields(id))]
    B { id: u32 },
    #[traced(fields(id))]
    Quiet { id: u32 },
}

#[traced_actor]
pub(crate) enum Order {
    #[traced(fields(id))]
    A { id: u32 },
    #[traced(fields(id))]
    B { id: u32 },
    #[traced(fields(id))]
    Quiet { id: u32 },
}

#[traced_actor]
struct Probe;

#[traced_actor(name = "Async")]
async fn handle_item(_item: Item, script: Script) -> Outcome {
    script.follow().await
}

#[traced_actor(name = "Async")]
async fn handle_order(_order: Order, script: Script) -> Outcome {
    script.follow().await
}

#[traced_actor(name = "Blocking")]
fn handle_item_now(_item: Item, script: Script) -> Outcome {
    script.follow_now()
}

#[traced_actor(name = "Blocking")]
fn handle_order_now(_order: Order, script: Script) -> Outcome {
    script.follow_now()
}

/// A receive loop as the macro sees it. Its own mailbox stays empty.
#[traced_actor(name = "Loop")]
async fn run_loop(mut mailbox: mpsc::Receiver<Item>, script: Script) -> Outcome {
    assert!(mailbox.try_recv().is_err(), "it is empty");
    script.follow().await
}

/// A receive loop of which the macro sees that it sends what its handler returns.
#[traced_actor(name = "Replying")]
async fn run_replying_loop(mut mailbox: mpsc::Receiver<Item>, script: Script) -> Outcome {
    while let Ok(item) = mailbox.try_recv() {
        let reply = reply_to(item).await;
        script.send(reply);
    }
    script.follow().await
}

#[expect(clippy::unused_async, reason = "a handler that is never called")]
async fn reply_to(item: Item) -> u32 {
    item.id()
}

/// A type of messages that programs send.
trait Sample: Message + Send + Sized + 'static {
    const TYPE: u8;
    fn make(variant: u8, id: u32) -> Self;
    fn id(&self) -> u32;
    fn variant(&self) -> u8;
    fn mailbox(world: &World, rx: usize) -> MutexGuard<'_, Mailbox<Self>>;
    fn plain(messages: &mut Received) -> &mut Vec<Self>;
    fn held(messages: &mut Received) -> &mut Vec<(Envelope<Self>, Current)>;
    fn call(message: impl Into<Envelope<Self>> + Send + 'static, script: Script) -> Future_;
    fn call_now(message: Self, script: Script) -> Outcome;

    fn sampling_kind(&self) -> Kind {
        Kind { ty: Self::TYPE, variant: self.variant(), kept: self.variant() < 2 }
    }
}

macro_rules! sample {
    ($message:ident, $ty:literal, $mailboxes:ident, $first:literal, $plain:ident, $held:ident, $call:ident, $call_now:ident) => {
        impl Sample for $message {
            const TYPE: u8 = $ty;

            fn make(variant: u8, id: u32) -> Self {
                match variant {
                    0 => Self::A { id },
                    1 => Self::B { id },
                    _ => Self::Quiet { id },
                }
            }

            fn id(&self) -> u32 {
                let (Self::A { id } | Self::B { id } | Self::Quiet { id }) = self;
                *id
            }

            fn variant(&self) -> u8 {
                match self {
                    Self::A { .. } => 0,
                    Self::B { .. } => 1,
                    Self::Quiet { .. } => 2,
                }
            }

            fn mailbox(world: &World, rx: usize) -> MutexGuard<'_, Mailbox<Self>> {
                lock(&world.$mailboxes[rx - $first])
            }

            fn plain(messages: &mut Received) -> &mut Vec<Self> {
                &mut messages.$plain
            }

            fn held(messages: &mut Received) -> &mut Vec<(Envelope<Self>, Current)> {
                &mut messages.$held
            }

            fn call(message: impl Into<Envelope<Self>> + Send + 'static, script: Script) -> Future_ {
                Box::pin($call(message, script))
            }

            fn call_now(message: Self, script: Script) -> Outcome {
                $call_now(message, script)
            }
        }
    };
}
sample!(Item, 0, items, 0, items, held_items, handle_item, handle_item_now);
sample!(Order, 1, orders, 2, orders, held_orders, handle_order, handle_order_now);

struct Mailbox<M> {
    channel: Channel,
    sender: Sender<M>,
    /// `None` while a receive is running.
    receiver: Option<Receiver<M>>,
    /// The messages in it: id, kind, and carried context.
    queue: VecDeque<(u32, Kind, Current)>,
}

impl<M: Message> Mailbox<M> {
    fn new(kind: Channel) -> Self {
        let (sender, receiver) = channel(kind);
        Self { channel: kind, sender, receiver: Some(receiver), queue: VecDeque::new() }
    }
}

// ----- the world -----

/// The messages that were received and are not handled yet.
#[derive(Default)]
struct Received {
    items: Vec<Item>,
    orders: Vec<Order>,
    held_items: Vec<(Envelope<Item>, Current)>,
    held_orders: Vec<(Envelope<Order>, Current)>,
    /// The types of the plain messages and of those that were stashed, in the order in which they came.
    plain: Vec<u8>,
    held: Vec<u8>,
    /// The last plain messages of each flow.
    by_flow: HashMap<FlowNo, (u8, u32)>,
}

#[derive(Default)]
struct Flows {
    /// The flows that are polled by hand. The future is `None` while it is being polled.
    hand: Vec<(FlowNo, Option<Future_>)>,
    tasks: Vec<(FlowNo, JoinHandle<Outcome>)>,
    /// The handler that each flow awaits.
    awaited: HashMap<FlowNo, Awaited>,
    told: HashMap<FlowNo, Vec<Op>>,
    wakers: HashMap<FlowNo, Waker>,
    endings: HashMap<FlowNo, Fault>,
    /// The stack of flows that poll one another: the last one runs.
    running: Vec<FlowNo>,
    messages: u32,
}

/// A handler that a flow awaits in place.
struct Awaited {
    handler: FlowNo,
    future: Future_,
    /// What the flow does afterwards.
    rest: Vec<Op>,
}

/// A running program.
pub(crate) struct World {
    model: Mutex<Model>,
    items: [Mutex<Mailbox<Item>>; 2],
    orders: [Mutex<Mailbox<Order>>; 1],
    received: Mutex<Received>,
    flows: Mutex<Flows>,
    /// The ids of the spans in the order in which they appeared, and the reverse map.
    ids: Mutex<(BTreeMap<SpanNo, SpanId>, HashMap<SpanId, SpanNo>)>,
    failure: Mutex<Option<String>>,
    log: Mutex<Vec<String>>,
    runtime: Arc<Runtime>,
    /// The number of steps that the rules do not define.
    left_out: Mutex<usize>,
}

/// The result of polling a flow.
enum End {
    Pending,
    Ready(Outcome),
    Panic,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The result of a program.
#[derive(Debug)]
pub(crate) struct Verdict {
    pub(crate) failure: Option<String>,
    pub(crate) left_out: usize,
    pub(crate) spans: usize,
}

/// Runs the steps of the driver.
pub(crate) trait Driver {
    /// Runs a step.
    fn step(&mut self, step: Box<dyn FnOnce() + Send>);
}

/// Everything on this thread.
pub(crate) struct Here;

impl Driver for Here {
    fn step(&mut self, step: Box<dyn FnOnce() + Send>) {
        step();
    }
}

/// Runs the program and compares it with the model.
pub(crate) fn run(
    program: &Program,
    recording: &Recording,
    runtime: &Arc<Runtime>,
    driver: &mut dyn Driver,
) -> Verdict {
    recording.take();
    let [first, second, third] = program.channels;
    let world = Arc::new(World {
        model: Mutex::new(Model::new(program.channels.map(Channel::is_shared).into())),
        items: [Mutex::new(Mailbox::new(first)), Mutex::new(Mailbox::new(second))],
        orders: [Mutex::new(Mailbox::new(third))],
        received: Mutex::default(),
        flows: Mutex::default(),
        ids: Mutex::default(),
        failure: Mutex::default(),
        log: Mutex::new(vec![format!("channels {:?}", program.channels)]),
        runtime: runtime.clone(),
        left_out: Mutex::new(0),
    });
    for op in program.steps.iter().cloned() {
        let world = world.clone();
        driver.step(Box::new(move || {
            let entered = world.runtime.enter();
            world.run(None, vec![op]);
            drop(entered);
        }));
    }
    let ending = world.clone();
    driver.step(Box::new(move || ending.finish()));
    world.compare(&recording.take());
    Verdict {
        failure: lock(&world.failure)
            .take()
            .map(|what| format!("{what}, after:\n{}", lock(&world.log).join("\n"))),
        left_out: *lock(&world.left_out),
        spans: lock(&world.model).spans.len(),
    }
}

impl World {
    /// Runs these steps of a flow, or of the driver.
    fn run(self: &Arc<Self>, me: Option<FlowNo>, ops: Vec<Op>) -> End {
        let mut ops = ops.into_iter();
        while let Some(op) = ops.next() {
            if lock(&self.failure).is_some() {
                return End::Pending;
            }
            lock(&self.log).push(match me {
                Some(flow) => format!(
                    "{:indent$}flow {flow}: {}",
                    "",
                    op.name(),
                    indent = 2 * lock(&self.flows).running.len()
                ),
                None => op.name(),
            });
            match (op, me) {
                (Op::Return { ok }, Some(_)) => return End::Ready(if ok { Ok(()) } else { Err("refused") }),
                (Op::Panic, Some(_)) => return End::Panic,
                (Op::Await { which, held, drops, ops: steps }, Some(me)) => {
                    let Some((handler, future)) = self.called(me, which, held) else { continue };
                    let Some(future) = self.poll_awaited(handler, future, steps) else { continue };
                    if !drops {
                        let awaited = Awaited { handler, future, rest: ops.collect() };
                        lock(&self.flows).awaited.insert(me, awaited);
                        return End::Pending;
                    }
                }
                (op, me) => self.step(me, op),
            }
        }
        End::Pending
    }

    fn step(self: &Arc<Self>, me: Option<FlowNo>, op: Op) {
        match (op, me) {
            (Op::Arrive { rx, variant, origin }, _) => {
                by_type!(rx, M => self.arrive::<M>(rx.into(), variant, origin));
            }
            (Op::Send { rx, variant }, Some(me)) => by_type!(rx, M => self.send::<M>(me, rx.into(), variant)),
            (Op::Probe, Some(me)) => self.probe(me),
            (Op::Receive { rx, how, before }, Some(me)) => {
                by_type!(rx, M => self.receive::<M>(me, rx.into(), how, before));
            }
            (Op::DropReceive { rx, before }, Some(me)) => {
                by_type!(rx, M => self.drop_receive::<M>(me, rx.into(), before));
            }
            (Op::ReceiveMany { rx, limit }, Some(me)) => {
                by_type!(rx, M => self.receive_many::<M>(me, rx.into(), limit));
            }
            (Op::DropReceiver { rx }, me) => by_type!(rx, M => self.drop_receiver::<M>(me, rx.into())),
            // Such a loop awaits each handler in place.
            (Op::Call { .. } | Op::CallHeld { .. }, Some(me)) if lock(&self.model).replies(me) => {}
            (Op::Call { which }, Some(me)) => self.store(self.called(me, which, false)),
            (Op::CallBlocking { which, ops }, Some(me)) => {
                let ty = pick(&mut lock(&self.received).plain, which);
                match ty {
                    None => {}
                    Some(0) => self.call_now::<Item>(me, ops),
                    Some(_) => self.call_now::<Order>(me, ops),
                }
            }
            (Op::Hold, Some(me)) => {
                let last = lock(&self.received).by_flow.remove(&me);
                match last {
                    None => {}
                    Some((0, id)) => self.hold::<Item>(me, id),
                    Some((_, id)) => self.hold::<Order>(me, id),
                }
            }
            (Op::CallHeld { which }, Some(me)) => self.store(self.called(me, which, true)),
            (Op::Scope { around }, _) => self.scope(around),
            (Op::Spawn { spawner, ops }, Some(me)) => self.spawn(me, spawner, ops),
            (Op::Poll { which, ops }, _) => self.poll(which, ops),
            (Op::Wake { which, ops }, None) => self.wake(which, ops),
            (Op::Run, None) => self.run_tasks(),
            (Op::Drop { which }, _) => self.drop_flow(which),
            (Op::Abort { which }, None) => self.abort(which),
            // A step that only a flow, or only the driver, can make.
            _ => {}
        }
    }

    // ----- messages -----

    fn message<M: Sample>(&self, variant: u8) -> M {
        let mut flows = lock(&self.flows);
        flows.messages += 1;
        M::make(variant, flows.messages)
    }

    fn arrive<M: Sample>(&self, rx: usize, variant: u8, origin: Origin) {
        let message = self.message::<M>(variant);
        let (id, kind) = (message.id(), message.sampling_kind());
        let (envelope, carried) = match origin {
            Origin::Bare => (Envelope::bare(message), Current::Absent),
            Origin::Unsampled => (unsampled(message), Current::Unsampled),
            Origin::Sampled => {
                let sender = lock(&self.model).outside(id);
                self.learn(sender, outside(id).span_id);
                (from_outside(message, id), Current::Below(sender))
            }
        };
        let mut mailbox = M::mailbox(self, rx);
        mailbox.sender.send_envelope(envelope);
        mailbox.queue.push_back((id, kind, carried));
    }

    fn send<M: Sample>(&self, me: FlowNo, rx: usize, variant: u8) {
        let message = self.message::<M>(variant);
        let (id, kind) = (message.id(), message.sampling_kind());
        let carried = lock(&self.model).send(me);
        let mut mailbox = M::mailbox(self, rx);
        mailbox.sender.send(message);
        mailbox.queue.push_back((id, kind, carried));
    }

    /// Compares the current span of the flow with the model.
    fn probe(&self, me: FlowNo) {
        let expected = lock(&self.model).send(me);
        let envelope = Envelope::capture(Probe);
        let is_same = match (envelope.state(), expected) {
            (ContextState::Absent, Current::Absent) | (ContextState::Unsampled, Current::Unsampled) => true,
            (ContextState::Sampled(context), Current::Below(span)) => {
                self.learn(span, context.context.span_id)
            }
            _ => false,
        };
        if !is_same {
            let found = match envelope.state() {
                ContextState::Absent => "nothing".to_owned(),
                ContextState::Unsampled => "unsampled".to_owned(),
                ContextState::Sampled(context) => {
                    let known = lock(&self.ids).1.get(&context.context.span_id).copied();
                    match known {
                        Some(span) => format!("below {}", self.name(span)),
                        None => "below a span that was not met before".to_owned(),
                    }
                }
            };
            let expected = match expected {
                Current::Absent => "nothing".to_owned(),
                Current::Unsampled => "unsampled".to_owned(),
                Current::Below(span) => format!("below {}", self.name(span)),
            };
            self.fail(&format!("flow {me}: expected {expected}, found {found}"));
        }
    }

    fn name(&self, span: SpanNo) -> String {
        let model = lock(&self.model);
        let span = &model.spans[span];
        format!("the {} of message {}", if span.is_outside { "sender" } else { "span" }, span.message)
    }

    /// Returns `true` if the span can have this id.
    fn learn(&self, span: SpanNo, id: SpanId) -> bool {
        let mut ids = lock(&self.ids);
        *ids.0.entry(span).or_insert(id) == id && *ids.1.entry(id).or_insert(span) == span
    }

    // ----- receives -----

    fn receive<M: Sample>(self: &Arc<Self>, me: FlowNo, rx: usize, how: How, before: Vec<Op>) {
        // The operations before it cannot use this receiver, but may receive, hold and claim other messages.
        let Some(mut receiver) = M::mailbox(self, rx).receiver.take() else { return };
        match how {
            How::TryRecv => {
                if self.asks(Some(me), rx) {
                    let received = receiver.try_recv();
                    self.opened(me, rx, received);
                }
            }
            How::Recv => {
                let mut future = receiver.recv();
                self.run_within(me, before);
                if self.asks(Some(me), rx) {
                    let received = poll_once(&mut future);
                    drop(future);
                    self.opened(me, rx, received);
                } else {
                    // The future must not ask either, so it is never dropped.
                    self.left_out_with(future, "a receive whose meaning is unclear was made");
                }
            }
            How::RecvEnvelope => {
                let mut future = receiver.recv_envelope();
                self.run_within(me, before);
                if self.asks(Some(me), rx) {
                    let received = poll_once(&mut future);
                    drop(future);
                    self.took::<M>(rx, received);
                } else {
                    self.left_out_with(future, "a receive whose meaning is unclear was made");
                }
            }
        }
        M::mailbox(self, rx).receiver = Some(receiver);
    }

    /// Runs the steps between the call of `recv` and its first poll. A flow cannot end or wait there.
    fn run_within(self: &Arc<Self>, me: FlowNo, ops: Vec<Op>) {
        let mut ops: Vec<Op> =
            ops.into_iter().filter(|op| !matches!(op, Op::Return { .. } | Op::Panic)).collect();
        for op in &mut ops {
            if let Op::Await { drops, .. } = op {
                *drops = true;
            }
        }
        self.run(Some(me), ops);
    }

    fn left_out_with<T>(&self, future: T, why: &str) {
        // Leaking is fine in a test that happens once in ten thousand programs.
        std::mem::forget(future);
        lock(&self.log).push(why.to_owned());
    }

    fn drop_receive<M: Sample>(self: &Arc<Self>, me: FlowNo, rx: usize, before: Vec<Op>) {
        let Some(mut receiver) = M::mailbox(self, rx).receiver.take() else { return };
        let future = receiver.recv();
        self.run_within(me, before);
        if self.asks(Some(me), rx) {
            drop(future);
        } else {
            self.left_out_with(future, "a receive whose meaning is unclear was made");
        }
        M::mailbox(self, rx).receiver = Some(receiver);
    }

    /// Tells the model that the receiver is asked. Returns `false` if the rules do not define the result.
    fn asks(&self, me: Option<FlowNo>, rx: usize) -> bool {
        let mut model = lock(&self.model);
        let is_clear = model.can_ask(me, rx).is_ok();
        if is_clear {
            model.ask(me, rx);
        } else {
            *lock(&self.left_out) += 1;
        }
        is_clear
    }

    fn opened<M: Sample>(&self, me: FlowNo, rx: usize, received: Option<M>) {
        let expected = M::mailbox(self, rx).queue.pop_front();
        match (expected, received) {
            (None, None) => {}
            (Some((id, kind, carried)), Some(message)) if message.id() == id => {
                lock(&self.model).receive(me, rx, id, kind, carried);
                let mut received = lock(&self.received);
                received.plain.push(M::TYPE);
                received.by_flow.insert(me, (M::TYPE, id));
                M::plain(&mut received).push(message);
            }
            (expected, received) => self.fail(&format!(
                "received message {:?} in place of {:?}",
                received.map(|message| message.id()),
                expected.map(|(id, ..)| id)
            )),
        }
    }

    fn took<M: Sample>(&self, rx: usize, received: Option<Envelope<M>>) {
        let expected = M::mailbox(self, rx).queue.pop_front();
        match (expected, received) {
            (None, None) => {}
            (Some((id, _, carried)), Some(envelope)) if envelope.message().id() == id => {
                let mut received = lock(&self.received);
                received.held.push(M::TYPE);
                M::held(&mut received).push((envelope, carried));
            }
            (expected, received) => self.fail(&format!(
                "received message {:?} in place of {:?}",
                received.map(|envelope| envelope.message().id()),
                expected.map(|(id, ..)| id)
            )),
        }
    }

    fn receive_many<M: Sample>(&self, me: FlowNo, rx: usize, limit: u8) {
        let mut mailbox = M::mailbox(self, rx);
        if !mailbox.receiver.as_ref().is_some_and(Receiver::has_batches) {
            return;
        }
        let mut model = lock(&self.model);
        let count = mailbox.queue.len().min(limit.into());
        let batch: Vec<(Kind, Current)> =
            mailbox.queue.iter().take(count).map(|&(_, kind, carried)| (kind, carried)).collect();
        if model.can_ask(Some(me), rx).is_err() || count > 0 && model.can_receive_batch(&batch).is_err() {
            *lock(&self.left_out) += 1;
            return;
        }
        model.ask(Some(me), rx);
        let ids: Vec<u32> = mailbox.queue.drain(..count).map(|(id, ..)| id).collect();
        if count > 0 {
            model.receive_batch(me, rx, &batch);
        }
        let messages = mailbox.receiver.as_mut().and_then(|receiver| receiver.recv_many(limit.into()));
        let messages = messages.expect("looked at above");
        if messages.iter().map(Sample::id).ne(ids) {
            self.fail("a batch of other messages");
        }
        let mut received = lock(&self.received);
        received.plain.extend(messages.iter().map(|_| M::TYPE));
        M::plain(&mut received).extend(messages);
    }

    fn drop_receiver<M: Sample>(&self, me: Option<FlowNo>, rx: usize) {
        let mut mailbox = M::mailbox(self, rx);
        let mut model = lock(&self.model);
        if mailbox.receiver.is_none() {
            return;
        }
        if model.can_drop_receiver(me, rx).is_err() {
            *lock(&self.left_out) += 1;
            return;
        }
        model.drop_receiver(me, rx);
        *mailbox = Mailbox::new(mailbox.channel);
    }

    // ----- handlers -----

    /// Tells the model about the call. Returns `None` if the rules do not define the result.
    fn calls(&self, me: FlowNo, id: u32, kind: Kind, carried: Carried) -> Option<FlowNo> {
        let called = lock(&self.model).call(me, id, kind, carried);
        if called.is_err() {
            *lock(&self.left_out) += 1;
        }
        called.ok()
    }

    /// Calls a handler with a plain message, or with one that was stashed.
    fn called(self: &Arc<Self>, me: FlowNo, which: u8, held: bool) -> Option<(FlowNo, Future_)> {
        let mut received = lock(&self.received);
        let ty = pick(if held { &mut received.held } else { &mut received.plain }, which)?;
        drop(received);
        match (ty, held) {
            (0, false) => self.call::<Item>(me),
            (_, false) => self.call::<Order>(me),
            (0, true) => self.call_held::<Item>(me),
            (_, true) => self.call_held::<Order>(me),
        }
    }

    fn call<M: Sample>(self: &Arc<Self>, me: FlowNo) -> Option<(FlowNo, Future_)> {
        let message = M::plain(&mut lock(&self.received)).pop().expect("one of this type");
        let flow = self.calls(me, message.id(), message.sampling_kind(), Carried::Plain)?;
        Some((flow, M::call(message, self.script(flow))))
    }

    fn call_held<M: Sample>(self: &Arc<Self>, me: FlowNo) -> Option<(FlowNo, Future_)> {
        let (envelope, carried) = M::held(&mut lock(&self.received)).pop().expect("one of this type");
        let (id, kind) = (envelope.message().id(), envelope.message().sampling_kind());
        let flow = self.calls(me, id, kind, Carried::Own(carried))?;
        Some((flow, M::call(envelope, self.script(flow))))
    }

    /// Keeps a handler, which is polled later.
    fn store(&self, called: Option<(FlowNo, Future_)>) {
        if let Some((flow, future)) = called {
            lock(&self.flows).hand.push((flow, Some(future)));
        }
    }

    /// Polls a handler that a flow awaits, which runs these steps. Returns it if it has not returned.
    fn poll_awaited(&self, handler: FlowNo, mut future: Future_, ops: Vec<Op>) -> Option<Future_> {
        lock(&self.flows).told.insert(handler, ops);
        // The program asked for this panic.
        let polled = catch_unwind(AssertUnwindSafe(|| poll_once_of(&mut future)));
        matches!(polled, Ok(Poll::Pending)).then_some(future)
    }

    fn call_now<M: Sample>(self: &Arc<Self>, me: FlowNo, ops: Vec<Op>) {
        let message = M::plain(&mut lock(&self.received)).pop().expect("one of this type");
        if let Some(flow) = self.calls(me, message.id(), message.sampling_kind(), Carried::Plain) {
            let script = self.script(flow);
            lock(&self.flows).told.insert(flow, ops);
            // The program asked for this panic.
            let _ = catch_unwind(AssertUnwindSafe(|| M::call_now(message, script)));
        }
    }

    fn hold<M: Sample>(&self, me: FlowNo, id: u32) {
        let mut received = lock(&self.received);
        let plain = M::plain(&mut received);
        // It may have been handled meanwhile.
        let Some(at) = plain.iter().position(|message| message.id() == id) else { return };
        let Ok(carried) = lock(&self.model).hold(me, plain[at].sampling_kind()) else {
            *lock(&self.left_out) += 1;
            return;
        };
        let envelope = Envelope::hold(plain.remove(at));
        let at = received.plain.iter().position(|&ty| ty == M::TYPE).expect("one of this type");
        received.plain.remove(at);
        received.held.push(M::TYPE);
        M::held(&mut received).push((envelope, carried));
    }

    // ----- flows -----

    fn script(self: &Arc<Self>, flow: FlowNo) -> Script {
        Script { world: self.clone(), flow }
    }

    fn scope(self: &Arc<Self>, around: Around) {
        let flow = match around {
            Around::Traced => lock(&self.model).scope(Scope::Traced),
            Around::Loop => lock(&self.model).scope(Scope::Loop),
            Around::Replying => lock(&self.model).replying_loop(),
        };
        let script = self.script(flow);
        let (_, mailbox) = mpsc::channel(1);
        let future: Future_ = match around {
            Around::Traced => Box::pin(script.follow().traced()),
            Around::Loop => Box::pin(run_loop(mailbox, script)),
            Around::Replying => Box::pin(run_replying_loop(mailbox, script)),
        };
        lock(&self.flows).hand.push((flow, Some(future)));
    }

    fn spawn(self: &Arc<Self>, me: FlowNo, spawner: Spawner, ops: Vec<Op>) {
        let flow = match spawner {
            Spawner::Carrying => lock(&self.model).spawn(me),
            Spawner::Plain => lock(&self.model).scope(Scope::Task),
        };
        lock(&self.flows).told.insert(flow, ops);
        let script = self.script(flow);
        let task = match spawner {
            Spawner::Carrying => task::spawn(script.follow()),
            Spawner::Plain => tokio::spawn(script.follow()),
        };
        lock(&self.flows).tasks.push((flow, task));
    }

    fn poll(self: &Arc<Self>, which: u8, ops: Vec<Op>) {
        let Some((flow, mut future)) = self.take(which) else { return };
        lock(&self.flows).told.insert(flow, ops);
        // The program asked for this panic.
        let polled = catch_unwind(AssertUnwindSafe(|| poll_once_of(&mut future)));
        if let Ok(Poll::Pending) = polled {
            // At its old place, so that the newest stays the newest.
            if let Some(entry) = lock(&self.flows).hand.iter_mut().find(|(other, _)| *other == flow) {
                entry.1 = Some(future);
            }
        } else {
            lock(&self.flows).hand.retain(|(other, _)| *other != flow);
            drop(future);
        }
    }

    /// Takes a flow that is not being polled.
    fn take(&self, which: u8) -> Option<(FlowNo, Future_)> {
        let mut flows = lock(&self.flows);
        let idle: Vec<usize> = (0..flows.hand.len()).rev().filter(|&at| flows.hand[at].1.is_some()).collect();
        let at = *idle.get(usize::from(which) % idle.len().max(1))?;
        let (flow, future) = &mut flows.hand[at];
        Some((*flow, future.take()?))
    }

    fn drop_flow(self: &Arc<Self>, which: u8) {
        if let Some((flow, future)) = self.take(which) {
            lock(&self.flows).hand.retain(|(other, _)| *other != flow);
            drop(future);
        }
    }

    fn wake(&self, which: u8, ops: Vec<Op>) {
        let mut flows = lock(&self.flows);
        let idle: Vec<FlowNo> = flows
            .tasks
            .iter()
            .rev()
            .filter(|(flow, task)| !task.is_finished() && flows.wakers.contains_key(flow))
            .map(|(flow, _)| *flow)
            .collect();
        if let Some(&flow) = idle.get(usize::from(which) % idle.len().max(1)) {
            flows.told.insert(flow, ops);
            let waker = flows.wakers.remove(&flow).expect("looked at above");
            drop(flows);
            waker.wake();
        }
    }

    fn abort(&self, which: u8) {
        let flows = lock(&self.flows);
        let count = flows.tasks.len();
        if count > 0 {
            let (_, task) = &flows.tasks[count - 1 - usize::from(which) % count];
            task.abort();
        }
        drop(flows);
        self.run_tasks();
    }

    /// Runs the tasks until each has finished its instructions.
    fn run_tasks(&self) {
        let idle = || {
            if lock(&self.failure).is_some() {
                return true;
            }
            let flows = lock(&self.flows);
            flows.tasks.iter().all(|(flow, task)| task.is_finished() || flows.wakers.contains_key(flow))
        };
        self.runtime.block_on(async {
            for _ in 0..200 {
                tokio::task::yield_now().await;
                if idle() {
                    return;
                }
            }
            self.fail("a task is never polled");
        });
    }

    fn finish(self: &Arc<Self>) {
        let entered = self.runtime.enter();
        self.run_tasks();
        while lock(&self.failure).is_none() {
            let waiting: Vec<FlowNo> = lock(&self.flows).wakers.keys().copied().collect();
            if waiting.is_empty() {
                break;
            }
            for flow in waiting {
                self.wake_flow(flow, vec![Op::Return { ok: true }]);
            }
            self.run_tasks();
        }
        while lock(&self.failure).is_none() {
            if lock(&self.flows).hand.is_empty() {
                break;
            }
            self.poll(0, vec![Op::Return { ok: true }]);
        }
        // A program that has failed is given up as it is.
        let Flows { hand, tasks, awaited, .. } = std::mem::take(&mut *lock(&self.flows));
        for (_, task) in &tasks {
            task.abort();
        }
        drop((hand, tasks, awaited));
        self.runtime.block_on(tokio::task::yield_now());
        for rx in 0..3 {
            by_type!(rx, M => self.drop_receiver::<M>(None, rx));
        }
        let received = std::mem::take(&mut *lock(&self.received));
        drop(received);
        drop(entered);
    }

    fn wake_flow(&self, flow: FlowNo, ops: Vec<Op>) {
        let mut flows = lock(&self.flows);
        flows.told.insert(flow, ops);
        let waker = flows.wakers.remove(&flow);
        drop(flows);
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    // ----- the end -----

    fn fail(&self, what: &str) {
        let mut failure = lock(&self.failure);
        if failure.is_none() {
            *failure = Some(what.to_owned());
        }
    }

    /// Compares the spans that were exported with those of the model.
    fn compare(&self, found: &[FinishedSpan]) {
        self.show(found);
        if lock(&self.failure).is_some() {
            return;
        }
        let (expected, real) = {
            let model = lock(&self.model);
            let expected: Vec<(Place, Fault)> = model
                .exported()
                .map(|(span, exported)| (place_in_model(&model, span), exported.fault))
                .collect();
            let by_id: HashMap<SpanId, &FinishedSpan> =
                found.iter().map(|span| (span.context.span_id, span)).collect();
            if by_id.len() != found.len() {
                drop(model);
                return self.fail("a span was exported twice");
            }
            let mut real = Vec::new();
            for span in found {
                match place_of(span, &by_id) {
                    Ok(place) => real.push((place, fault_of(span))),
                    Err(what) => {
                        drop(model);
                        return self.fail(&what);
                    }
                }
            }
            for (&span, id) in &lock(&self.ids).0 {
                if model.spans[span].is_outside {
                    continue;
                }
                let expected = place_in_model(&model, span);
                let found = by_id.get(id).map(|found| place_of(found, &by_id));
                if found != Some(Ok(expected.clone())) {
                    let found = match found {
                        Some(Ok(place)) => place_text(&place),
                        Some(Err(what)) => what,
                        None => "nothing".to_owned(),
                    };
                    let what =
                        format!("expected a span {}, exported under its id: {found}", place_text(&expected));
                    drop(model);
                    return self.fail(&what);
                }
            }
            (expected, real)
        };
        if let Some(difference) = difference(expected, real) {
            self.fail(&difference);
        }
    }

    /// Adds the exported spans to the message of a failure.
    fn show(&self, found: &[FinishedSpan]) {
        let mut log = lock(&self.log);
        for span in found {
            let id = span.attribute("id").map_or_else(|| "-".to_owned(), ToString::to_string);
            log.push(format!(
                "exported: {} of message {id}: {} below {:?}, links {}, {:?}",
                span.name,
                span.context.span_id,
                span.parent.map(|parent| parent.to_string()),
                span.links.len(),
                span.error
            ));
        }
    }
}

/// The message of a span, its links, and those of its ancestors.
type Place = Vec<(u32, usize)>;

fn place_in_model(model: &Model, span: SpanNo) -> Place {
    let mut place = Vec::new();
    let mut at = Current::Below(span);
    while let Current::Below(span) = at {
        let span = &model.spans[span];
        place.push((if span.is_outside { span.message | OUTSIDE } else { span.message }, span.links));
        at = span.parent;
    }
    place
}

/// Marks the sender of a message, as opposed to its own span.
const OUTSIDE: u32 = 1 << 31;

fn place_of(span: &FinishedSpan, by_id: &HashMap<SpanId, &FinishedSpan>) -> Result<Place, String> {
    let id = |span: &FinishedSpan| -> Result<u32, String> {
        if span.name.ends_with("/batch") {
            let count = span.attribute("messaging.batch.message_count").map(ToString::to_string);
            let count: u32 =
                count.and_then(|count| count.parse().ok()).ok_or_else(|| format!("no count: {span:?}"))?;
            return Ok(BATCH | count);
        }
        let id = span.attribute("id").ok_or_else(|| format!("no id: {span:?}"))?;
        id.to_string().parse().map_err(|_| format!("no id: {span:?}"))
    };
    // Only roots have links that the rules speak of.
    let links = |span: &FinishedSpan| if span.parent.is_none() { span.links.len() } else { 0 };
    let mut place = vec![(id(span)?, links(span))];
    let (mut at, mut met) = (span, HashSet::new());
    while let Some(parent) = at.parent {
        if !met.insert(parent) {
            return Err(format!("a circle: {span:?}"));
        }
        if let Some(parent) = by_id.get(&parent) {
            if parent.context.trace_id != at.context.trace_id {
                return Err(format!("another trace than its parent's: {at:?}"));
            }
            place.push((id(parent)?, links(parent)));
            at = parent;
        } else {
            let number = u32::try_from(parent.get() & 0xFFFF_FFFF).expect("masked");
            let sender = outside(number);
            if sender.span_id != parent || sender.trace_id != at.context.trace_id {
                return Err(format!("the parent was never exported: {at:?}"));
            }
            place.push((number | OUTSIDE, 0));
            break;
        }
    }
    if span.end < span.start {
        return Err(format!("it ends before it starts: {span:?}"));
    }
    Ok(place)
}

fn fault_of(span: &FinishedSpan) -> Fault {
    match span.error.as_deref() {
        None => Fault::None,
        Some("refused") => Fault::Error,
        Some("panic") => Fault::Panic,
        Some("cancelled" | "dropped") => Fault::Cancelled,
        Some(other) => panic!("an error that nothing makes: {other}"),
    }
}

/// Describes the spans that are in only one of the two lists.
fn difference(mut expected: Vec<(Place, Fault)>, mut found: Vec<(Place, Fault)>) -> Option<String> {
    found.retain(|span| match expected.iter().position(|other| other == span) {
        Some(at) => {
            expected.swap_remove(at);
            false
        }
        None => true,
    });
    found.retain(|span| match expected.iter().position(|other| other.0 == span.0 && other.1 == Fault::Any) {
        Some(at) => {
            expected.swap_remove(at);
            false
        }
        None => true,
    });
    let list = |spans: &[(Place, Fault)]| spans.iter().map(text).collect::<Vec<_>>().join(", ");
    (!expected.is_empty() || !found.is_empty())
        .then(|| format!("missing spans: [{}]; not expected: [{}]", list(&expected), list(&found)))
}

fn text((place, fault): &(Place, Fault)) -> String {
    format!("{} ({fault:?})", place_text(place))
}

fn place_text(place: &Place) -> String {
    let part = |&(message, links): &(u32, usize)| {
        let name = match message {
            batch if batch & BATCH != 0 => format!("a batch of {}", batch & !BATCH),
            sender if sender & OUTSIDE != 0 => format!("the sender of {}", sender & !OUTSIDE),
            message => format!("{message}"),
        };
        if links == 0 { name } else { format!("{name} with {links} links") }
    };
    place.iter().map(part).collect::<Vec<_>>().join(" below ")
}

// ----- the script of a flow -----

/// A flow's script: it follows its instructions before each poll. When it is dropped, the flow sends its last messages.
pub(crate) struct Script {
    world: Arc<World>,
    flow: FlowNo,
}

impl Script {
    async fn follow(self) -> Outcome {
        poll_fn(|cx| self.poll(cx)).await
    }

    fn poll(&self, cx: &Context<'_>) -> Poll<Outcome> {
        match self.told() {
            End::Pending => {
                lock(&self.world.model).poll_ends(self.flow);
                let mut flows = lock(&self.world.flows);
                if flows.tasks.iter().any(|(flow, _)| *flow == self.flow) {
                    flows.wakers.insert(self.flow, cx.waker().clone());
                }
                Poll::Pending
            }
            End::Ready(outcome) => Poll::Ready(self.ends(outcome)),
            End::Panic => self.panics(),
        }
    }

    fn follow_now(self) -> Outcome {
        match self.told() {
            End::Pending => self.ends(Ok(())),
            End::Ready(outcome) => self.ends(outcome),
            End::Panic => self.panics(),
        }
    }

    fn told(&self) -> End {
        let world = &self.world;
        let (ops, awaited) = {
            let mut flows = lock(&world.flows);
            let poller = flows.running.last().copied();
            flows.running.push(self.flow);
            lock(&world.model).poll_begins(self.flow, poller);
            (flows.told.remove(&self.flow).unwrap_or_default(), flows.awaited.remove(&self.flow))
        };
        let end = match awaited {
            Some(awaited) => self.goes_on(awaited, ops),
            None => world.run(Some(self.flow), ops),
        };
        lock(&world.flows).running.pop();
        end
    }

    /// Polls the handler that the flow awaits. If it returns, the flow goes on.
    fn goes_on(&self, Awaited { handler, future, mut rest }: Awaited, mut ops: Vec<Op>) -> End {
        let world = &self.world;
        let last = ops.iter().position(|op| matches!(op, Op::Return { .. } | Op::Panic));
        rest.extend(ops.split_off(last.map_or(ops.len(), |last| last + 1)));
        match world.poll_awaited(handler, future, ops) {
            Some(future) => {
                lock(&world.flows).awaited.insert(self.flow, Awaited { handler, future, rest });
                End::Pending
            }
            None => world.run(Some(self.flow), rest),
        }
    }

    fn send(&self, reply: u32) {
        self.world.fail(&format!("a loop replied {reply}, and its mailbox is empty"));
    }

    fn ends(&self, outcome: Outcome) -> Outcome {
        let fault = if outcome.is_ok() { Fault::None } else { Fault::Error };
        lock(&self.world.flows).endings.insert(self.flow, fault);
        outcome
    }

    fn panics(&self) -> ! {
        lock(&self.world.flows).endings.insert(self.flow, Fault::Panic);
        // The panic is intended, so the hook does not print it.
        resume_unwind(Box::new("asked for"))
    }
}

impl Drop for Script {
    fn drop(&mut self) {
        let world = &self.world;
        let awaited = lock(&world.flows).awaited.remove(&self.flow);
        drop(awaited);
        let ending = lock(&world.flows).endings.remove(&self.flow);
        if ending.is_none() && std::thread::panicking() {
            world.fail("a panic that was not asked for");
        }
        if lock(&world.failure).is_some() {
            return;
        }
        // Messages that locals of a cancelled handler send from `Drop` are still its work. The rules do not define this
        // for a plain task that is dropped, nor for a scope that was never polled.
        let (is_new, scope) = {
            let model = lock(&world.model);
            (model.is_new(self.flow), model.scope_of(self.flow))
        };
        let is_said = match scope {
            Scope::Handler => true,
            Scope::Loop | Scope::Traced | Scope::Spawned => !is_new,
            Scope::Task => ending.is_some(),
        };
        if is_said {
            world.probe(self.flow);
        }
        let dropper = lock(&world.flows).running.last().copied();
        let mut model = lock(&world.model);
        if is_new && matches!(scope, Scope::Loop | Scope::Traced) {
            model.dropped_unpolled(dropper);
        }
        model.finish(self.flow, ending.unwrap_or(Fault::Cancelled));
        drop(model);
        let mut flows = lock(&world.flows);
        flows.wakers.remove(&self.flow);
        flows.tasks.retain(|(flow, _)| *flow != self.flow);
    }
}

fn poll_once_of(future: &mut Future_) -> Poll<Outcome> {
    future.as_mut().poll(&mut Context::from_waker(Waker::noop()))
}

fn poll_once<T>(future: &mut Receive<'_, T>) -> Option<T> {
    match future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(received) => received,
        Poll::Pending => None,
    }
}

/// Takes the entry with this number, counted from the newest with wrap-around, and then the last one of its type.
fn pick(types: &mut Vec<u8>, which: u8) -> Option<u8> {
    let count = types.len();
    if count == 0 {
        return None;
    }
    let ty = types[count - 1 - usize::from(which) % count];
    let last = types.iter().rposition(|&other| other == ty).expect("found above");
    types.remove(last);
    Some(ty)
}

impl Op {
    /// Returns the step without its inner steps.
    fn name(&self) -> String {
        let text = format!("{self:?}");
        let end = [", ops: [", ", before: ["].iter().filter_map(|inner| text.find(inner)).min();
        match end {
            Some(at) => format!("{} }}", &text[..at]),
            None => text,
        }
    }
}

macro_rules! by_type {
    ($rx:expr, $message:ident => $do:expr) => {
        if $rx < 2 {
            type $message = Item;
            $do
        } else {
            type $message = Order;
            $do
        }
    };
}
use by_type;
