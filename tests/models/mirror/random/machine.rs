// Runs a program. Refers to `mpsc` only, and is included twice: for tokio's module and for ours.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use mpsc::error::{SendError, SendTimeoutError, TryRecvError, TrySendError};

use super::super::log::{Note, see, waker};
use super::super::program::{Operation, Program, Step};

enum Tx {
    Bounded(mpsc::Sender<Note>),
    Unbounded(mpsc::UnboundedSender<Note>),
}

enum WeakTx {
    Bounded(mpsc::WeakSender<Note>),
    Unbounded(mpsc::WeakUnboundedSender<Note>),
}

enum Rx {
    Bounded(mpsc::Receiver<Note>),
    Unbounded(mpsc::UnboundedReceiver<Note>),
}

/// Makes the same call on both kinds of a handle.
macro_rules! both {
    ($sort:ident $of:expr, $it:ident => $call:expr) => {
        match $of {
            $sort::Bounded($it) => $call,
            $sort::Unbounded($it) => $call,
        }
    };
}

struct Machine {
    within_runtime: bool,
    // A future borrows its sender or the receiver; here it shares ownership instead.
    senders: Vec<Rc<Tx>>,
    weak: Vec<WeakTx>,
    receiver: Option<Rc<RefCell<Rx>>>,
    buffer: Rc<RefCell<Vec<Note>>>,
    owned: Rc<RefCell<Vec<mpsc::OwnedPermit<Note>>>>,
    tasks: Vec<Task>,
    notes: usize,
    wakers: usize,
}

/// A future that later steps poll, or drop.
struct Task {
    future: Pin<Box<dyn Future<Output = ()>>>,
    waker: Waker,
    orders: Orders,
}

/// An instruction for the task that holds a permit.
enum Order {
    Use(Note),
    Drop,
}

#[derive(Clone, Default)]
struct Orders(Rc<Cell<Option<Order>>>);

impl Orders {
    async fn next(&self) -> Order {
        poll_fn(|_| self.0.take().map_or(Poll::Pending, Poll::Ready)).await
    }
}

pub(crate) async fn run(program: &Program) {
    let (sender, receiver) = if let Some(capacity) = program.capacity {
        let (sender, receiver) = mpsc::channel(capacity);
        (Tx::Bounded(sender), Rx::Bounded(receiver))
    } else {
        let (sender, receiver) = mpsc::unbounded_channel();
        (Tx::Unbounded(sender), Rx::Unbounded(receiver))
    };
    let mut machine = Machine {
        within_runtime: program.within_runtime,
        senders: vec![Rc::new(sender)],
        weak: Vec::new(),
        receiver: Some(Rc::new(RefCell::new(receiver))),
        buffer: Rc::default(),
        owned: Rc::default(),
        tasks: Vec::new(),
        notes: 0,
        wakers: 0,
    };
    for (index, step) in program.steps.iter().enumerate() {
        see("step", index, 0);
        match step.operation {
            Operation::Advance if program.within_runtime => {
                tokio::time::advance(Duration::from_millis(step.number as u64)).await;
            }
            Operation::Yield if program.within_runtime => tokio::task::yield_now().await,
            _ => {
                if machine.step(*step).is_none() {
                    see("nothing to do it with", 0, 0);
                }
            }
        }
        machine.look();
    }
    see("the end", 0, 0);
    drop(machine);
}

impl Machine {
    /// Runs a step. Returns `None` if it has nothing to act on.
    fn step(&mut self, step: Step) -> Option<()> {
        let Step { number, .. } = step;
        match step.operation {
            Operation::Send
            | Operation::SendTimeout
            | Operation::TrySend
            | Operation::BlockingSend
            | Operation::Closed => return self.send(step),
            Operation::Reserve
            | Operation::ReserveMany
            | Operation::ReserveOwned
            | Operation::TryReserve
            | Operation::TryReserveMany
            | Operation::TryReserveOwned => return self.reserve(step),
            Operation::Recv
            | Operation::RecvMany
            | Operation::TryRecv
            | Operation::PollRecv
            | Operation::PollRecvMany
            | Operation::BlockingRecv
            | Operation::BlockingRecvMany
            | Operation::Close => return self.receive(step),
            Operation::Poll => self.poll(chosen(&self.tasks, step)?),
            Operation::PollWithAnotherWaker => {
                let task = chosen(&self.tasks, step)?;
                self.tasks[task].waker = self.waker();
                self.poll(task);
            }
            Operation::Cancel => {
                let task = chosen(&self.tasks, step)?;
                drop(self.tasks.remove(task));
            }
            Operation::UsePermit | Operation::DropPermit => {
                let task = chosen(&self.tasks, step)?;
                let uses = step.operation == Operation::UsePermit;
                let order = if uses { Order::Use(self.note()) } else { Order::Drop };
                self.tasks[task].orders.0.set(Some(order));
                self.poll(task);
            }
            Operation::UseOwned | Operation::ReleaseOwned | Operation::DropOwned => {
                let chosen = chosen(&self.owned.borrow(), step)?;
                let permit = self.owned.borrow_mut().remove(chosen);
                match step.operation {
                    Operation::UseOwned => drop(permit.send(self.note())),
                    Operation::ReleaseOwned => self.senders.push(Rc::new(Tx::Bounded(permit.release()))),
                    _ => drop(permit),
                }
            }
            Operation::TakeBuffer => {
                let buffer = std::mem::take(&mut *self.buffer.try_borrow_mut().ok()?);
                for note in &buffer {
                    see("in the buffer", note.number(), 0);
                }
            }
            Operation::Look => self.look_closely(step),
            Operation::CloneSender
            | Operation::DropSender
            | Operation::Downgrade
            | Operation::Upgrade
            | Operation::CloneWeak
            | Operation::DropWeak => return self.handle(step),
            Operation::DropReceiver => drop(self.receiver.take()?),
            Operation::Spend => {
                for _ in 0..number * 32 {
                    let mut budget = std::pin::pin!(tokio::task::consume_budget());
                    let _ = budget.as_mut().poll(&mut Context::from_waker(Waker::noop()));
                }
            }
            Operation::Advance | Operation::Yield => return None,
        }
        Some(())
    }

    /// Adds or drops a handle.
    fn handle(&mut self, step: Step) -> Option<()> {
        match step.operation {
            Operation::CloneSender => {
                let clone = match self.sender(step)?.as_ref() {
                    Tx::Bounded(sender) => Tx::Bounded(sender.clone()),
                    Tx::Unbounded(sender) => Tx::Unbounded(sender.clone()),
                };
                self.senders.push(Rc::new(clone));
            }
            Operation::DropSender => {
                let sender = chosen(&self.senders, step)?;
                drop(self.senders.remove(sender));
            }
            Operation::Downgrade => {
                let weak = match self.sender(step)?.as_ref() {
                    Tx::Bounded(sender) => WeakTx::Bounded(sender.downgrade()),
                    Tx::Unbounded(sender) => WeakTx::Unbounded(sender.downgrade()),
                };
                self.weak.push(weak);
            }
            Operation::Upgrade => {
                let upgraded = match &self.weak[chosen(&self.weak, step)?] {
                    WeakTx::Bounded(weak) => weak.upgrade().map(Tx::Bounded),
                    WeakTx::Unbounded(weak) => weak.upgrade().map(Tx::Unbounded),
                };
                see("upgraded", usize::from(upgraded.is_some()), 0);
                self.senders.extend(upgraded.map(Rc::new));
            }
            Operation::CloneWeak => {
                let clone = match &self.weak[chosen(&self.weak, step)?] {
                    WeakTx::Bounded(weak) => WeakTx::Bounded(weak.clone()),
                    WeakTx::Unbounded(weak) => WeakTx::Unbounded(weak.clone()),
                };
                self.weak.push(clone);
            }
            _ => {
                let weak = chosen(&self.weak, step)?;
                drop(self.weak.remove(weak));
            }
        }
        Some(())
    }

    fn send(&mut self, step: Step) -> Option<()> {
        let sender = self.sender(step)?;
        if step.operation == Operation::Closed {
            self.start(step, async move |_| {
                both!(Tx &*sender, sender => sender.closed().await);
                see("closed", 0, 0);
            });
            return Some(());
        }
        let note = self.note();
        let bounded = match &*sender {
            Tx::Unbounded(sender) => {
                sent(sender.send(note));
                return Some(());
            }
            Tx::Bounded(bounded) => bounded,
        };
        match step.operation {
            Operation::Send => self.start(step, async move |_| {
                let Tx::Bounded(sender) = &*sender else { return };
                sent(sender.send(note).await);
            }),
            Operation::SendTimeout => self.start(step, async move |_| {
                let Tx::Bounded(sender) = &*sender else { return };
                match sender.send_timeout(note, Duration::from_millis(step.number as u64)).await {
                    Ok(()) => see("sent", 0, 0),
                    Err(SendTimeoutError::Timeout(note)) => see("timeout", note.number(), 0),
                    Err(SendTimeoutError::Closed(note)) => see("refused", note.number(), 0),
                }
            }),
            Operation::BlockingSend => {
                // Within a runtime the call panics. Elsewhere it is made only if it does not have to wait.
                if !self.within_runtime && bounded.capacity() == 0 && !bounded.is_closed() {
                    return None;
                }
                panicking(|| sent(bounded.blocking_send(note)));
            }
            _ => match bounded.try_send(note) {
                Ok(()) => see("sent", 0, 0),
                Err(TrySendError::Full(note)) => see("full", note.number(), 0),
                Err(TrySendError::Closed(note)) => see("refused", note.number(), 0),
            },
        }
        Some(())
    }

    fn reserve(&mut self, step: Step) -> Option<()> {
        let (sender, owned) = (self.sender(step)?, self.owned.clone());
        let waits =
            matches!(step.operation, Operation::Reserve | Operation::ReserveMany | Operation::ReserveOwned);
        match step.operation {
            Operation::Reserve | Operation::TryReserve => self.start(step, async move |orders| {
                let Tx::Bounded(sender) = &*sender else { return };
                let permit = if waits {
                    sender.reserve().await.map_err(|SendError(())| "closed")
                } else {
                    sender.try_reserve().map_err(|error| failed(&error))
                };
                match permit {
                    Ok(permit) => match orders.next().await {
                        Order::Use(note) => permit.send(note),
                        Order::Drop => drop(permit),
                    },
                    Err(error) => see(error, 0, 0),
                }
            }),
            Operation::ReserveMany | Operation::TryReserveMany => self.start(step, async move |orders| {
                let Tx::Bounded(sender) = &*sender else { return };
                let permits = if waits {
                    sender.reserve_many(step.number).await.map_err(|SendError(())| "closed")
                } else {
                    sender.try_reserve_many(step.number).map_err(|error| failed(&error))
                };
                let mut permits = match permits {
                    Ok(permits) => permits,
                    Err(error) => return see(error, step.number, 0),
                };
                loop {
                    see("permits", permits.len(), permits.size_hint().0);
                    let order = orders.next().await;
                    match (permits.next(), order) {
                        (Some(permit), Order::Use(note)) => permit.send(note),
                        (Some(permit), Order::Drop) => drop(permit),
                        (None, Order::Use(note)) => return see("no permit", note.number(), 0),
                        (None, Order::Drop) => return see("no permit", 0, 0),
                    }
                }
            }),
            _ => {
                let Tx::Bounded(sender) = &*sender else { return None };
                let sender = sender.clone();
                self.start(step, async move |_| {
                    let permit = if waits {
                        sender.reserve_owned().await.map_err(|SendError(())| "closed")
                    } else {
                        sender.try_reserve_owned().map_err(|error| failed(&error))
                    };
                    match permit {
                        Ok(permit) => {
                            see("owned", 0, 0);
                            owned.borrow_mut().push(permit);
                        }
                        Err(error) => see(error, 0, 0),
                    }
                });
            }
        }
        Some(())
    }

    #[expect(clippy::await_holding_refcell_ref, reason = "as a receive borrows its receiver and its buffer")]
    fn receive(&mut self, step: Step) -> Option<()> {
        let (receiver, buffer) = (self.receiver.clone()?, self.buffer.clone());
        match step.operation {
            Operation::Recv => {
                self.start(step, async move |_| {
                    let Ok(mut receiver) = receiver.try_borrow_mut() else { return };
                    received(both!(Rx &mut *receiver, receiver => receiver.recv().await));
                });
                return Some(());
            }
            Operation::RecvMany => {
                self.start(step, async move |_| {
                    let Ok(mut receiver) = receiver.try_borrow_mut() else { return };
                    let Ok(mut buffer) = buffer.try_borrow_mut() else { return };
                    let count = both!(Rx &mut *receiver, receiver => {
                        receiver.recv_many(&mut buffer, step.number).await
                    });
                    see("received", count, buffer.len());
                });
                return Some(());
            }
            _ => {}
        }
        let mut receiver = receiver.try_borrow_mut().ok()?;
        let mut buffer = buffer.try_borrow_mut().ok()?;
        let waker = self.waker();
        let mut context = Context::from_waker(&waker);
        let waits = both!(Rx &*receiver, receiver => {
            // A message that a permit may still send is worth waiting for.
            let ended = receiver.is_closed() && self.tasks.is_empty() && self.owned.borrow().is_empty();
            receiver.is_empty() && !ended
        });
        match step.operation {
            Operation::TryRecv => match both!(Rx &mut *receiver, receiver => receiver.try_recv()) {
                Ok(note) => received(Some(note)),
                Err(TryRecvError::Empty) => see("empty", 0, 0),
                Err(TryRecvError::Disconnected) => see("disconnected", 0, 0),
            },
            Operation::PollRecv => {
                match both!(Rx &mut *receiver, receiver => receiver.poll_recv(&mut context)) {
                    Poll::Ready(note) => received(note),
                    Poll::Pending => see("pending", 0, 0),
                }
            }
            Operation::PollRecvMany => {
                let poll = both!(Rx &mut *receiver, receiver => {
                    receiver.poll_recv_many(&mut context, &mut buffer, step.number)
                });
                match poll {
                    Poll::Ready(count) => see("received", count, buffer.len()),
                    Poll::Pending => see("pending", 0, 0),
                }
            }
            Operation::Close => both!(Rx &mut *receiver, receiver => receiver.close()),
            // Within a runtime these calls panic. Elsewhere they are made only if they do not have to wait.
            _ if waits && !self.within_runtime => return None,
            Operation::BlockingRecv => {
                panicking(|| received(both!(Rx &mut *receiver, receiver => receiver.blocking_recv())));
            }
            _ => panicking(|| {
                let count = both!(Rx &mut *receiver, receiver => {
                    receiver.blocking_recv_many(&mut buffer, step.number)
                });
                see("received", count, buffer.len());
            }),
        }
        Some(())
    }

    /// Logs the state of the channel after each step.
    fn look(&self) {
        if let Some(receiver) = &self.receiver
            && let Ok(receiver) = receiver.try_borrow()
        {
            both!(Rx &*receiver, receiver => see("queued", receiver.len(), receiver.is_closed().into()));
        }
        match self.senders.first().map(Rc::as_ref) {
            Some(Tx::Bounded(sender)) => see("free", sender.capacity(), sender.is_closed().into()),
            Some(Tx::Unbounded(sender)) => see("open", sender.is_closed().into(), 0),
            None => {}
        }
    }

    fn look_closely(&self, step: Step) {
        if let Some(receiver) = &self.receiver
            && let Ok(receiver) = receiver.try_borrow()
        {
            both!(Rx &*receiver, receiver => {
                see("empty", receiver.is_empty().into(), receiver.len());
                see("senders", receiver.sender_strong_count(), receiver.sender_weak_count());
            });
            if let Rx::Bounded(receiver) = &*receiver {
                see("room", receiver.capacity(), receiver.max_capacity());
            }
        }
        if let Some(sender) = self.sender(step) {
            both!(Tx &*sender, sender => see("senders", sender.strong_count(), sender.weak_count()));
            if let Tx::Bounded(sender) = &*sender {
                see("room", sender.capacity(), sender.max_capacity());
            }
            let same = match (&*sender, &*self.senders[0]) {
                (Tx::Bounded(one), Tx::Bounded(other)) => one.same_channel(other),
                (Tx::Unbounded(one), Tx::Unbounded(other)) => one.same_channel(other),
                _ => false,
            };
            see("of the same channel", same.into(), 0);
        }
        if let Some(weak) = self.weak.first() {
            both!(WeakTx weak, weak => see("senders", weak.strong_count(), weak.weak_count()));
        }
    }

    /// Creates a future. Some futures are polled at once.
    fn start<F: Future<Output = ()> + 'static>(&mut self, step: Step, future: impl FnOnce(Orders) -> F) {
        let orders = Orders::default();
        let (future, waker) = (Box::pin(future(orders.clone())), self.waker());
        self.tasks.push(Task { future, waker, orders });
        if !step.which.is_multiple_of(4) {
            self.poll(self.tasks.len() - 1);
        }
    }

    fn poll(&mut self, task: usize) {
        let Task { future, waker, .. } = &mut self.tasks[task];
        let waker = waker.clone();
        let poll = future.as_mut().poll(&mut Context::from_waker(&waker));
        see("polled", task, poll.is_ready().into());
        if poll.is_ready() {
            drop(self.tasks.remove(task));
        }
    }

    fn sender(&self, step: Step) -> Option<Rc<Tx>> {
        Some(self.senders[chosen(&self.senders, step)?].clone())
    }

    fn note(&mut self) -> Note {
        self.notes += 1;
        Note::new(self.notes)
    }

    fn waker(&mut self) -> Waker {
        self.wakers += 1;
        waker(self.wakers)
    }
}

/// Selects the one of these that the step uses.
fn chosen<T>(of: &[T], step: Step) -> Option<usize> {
    step.which.checked_rem(of.len())
}

fn sent(result: Result<(), SendError<Note>>) {
    match result {
        Ok(()) => see("sent", 0, 0),
        Err(SendError(note)) => see("refused", note.number(), 0),
    }
}

fn received(note: Option<Note>) {
    match note {
        Some(note) => see("received", note.number(), 0),
        None => see("received none", 0, 0),
    }
}

fn failed<T>(error: &TrySendError<T>) -> &'static str {
    match error {
        TrySendError::Full(_) => "full",
        TrySendError::Closed(_) => "closed",
    }
}

fn panicking(run: impl FnOnce()) {
    if catch_unwind(AssertUnwindSafe(run)).is_err() {
        see("panicked", 0, 0);
    }
}
