//! One message to ten thousand mailboxes.
//!
//! Most of the time is spent in cache misses. The place of the mailboxes in memory and the size of a message change it
//! by a fifth. So all contestants of a set send to the same mailboxes in turn, and there is a set for each of several
//! sizes.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use tokio::runtime::Runtime;
use tokio::sync::oneshot;
use traced_actor::sync::mpsc;
use traced_actor::{Envelope, TracedExt as _, broadcast, counters, traced_actor};
use traced_actor_benches::{Contestant, Measure, Row, Set, counted, timed};

use crate::programs::{Parent, arrived, provider, runtime};

const RECIPIENTS: usize = 10_000;
/// The capacity of each mailbox: the number of broadcasts in one run.
const ROOM: usize = 4;

const RAW: &str = "raw loop";
const AGAIN: &str = "raw loop again";
const LOOP: &str = "loop of sends, unsampled";
const UNSAMPLED: &str = "broadcast, unsampled";
const SAMPLED: &str = "broadcast, sampled";
const SPANS: &str = "spans of a broadcast";

/// The broadcasts of messages of this many words.
macro_rules! fanouts {
    ($($set:ident, $module:ident: $words:literal words, $bytes:literal;)*) => {
        $(
            pub(crate) const $set: Set = Set {
                name: concat!("fan-out of ", $bytes),
                world: provider::install,
                contestants: &[
                    (RAW, || $module::raw()),
                    (AGAIN, || $module::raw()),
                    (LOOP, || $module::ordered(Parent::Unsampled, false)),
                    (UNSAMPLED, || $module::ordered(Parent::Unsampled, true)),
                    (SAMPLED, || $module::ordered(Parent::Sampled, true)),
                    (SPANS, || $module::spans()),
                ],
                rows: &[
                    Row::new(
                        concat!("fan-out to 10,000 of ", $bytes, ", unsampled"),
                        UNSAMPLED,
                        RAW,
                        Measure::Ratio,
                        Some(1.02),
                    ),
                    Row::new(
                        concat!("fan-out to 10,000 of ", $bytes, ", sampled"),
                        SAMPLED,
                        RAW,
                        Measure::Ratio,
                        Some(1.05),
                    ),
                    // The noise: two contestants that run the same code.
                    Row::new(
                        concat!("fan-out to 10,000 of ", $bytes, ", the raw loop again"),
                        AGAIN,
                        RAW,
                        Measure::Ratio,
                        None,
                    ),
                    Row::new(
                        concat!("fan-out to 10,000 of ", $bytes, ", a loop of sends"),
                        LOOP,
                        RAW,
                        Measure::Ratio,
                        None,
                    ),
                    Row::new(
                        concat!("fan-out to 10,000 of ", $bytes, ", sampled: spans"),
                        SPANS,
                        SPANS,
                        Measure::Count,
                        Some(10.0),
                    ),
                ],
            };

            pub(crate) mod $module {
                use super::*;

                #[traced_actor]
                #[derive(Clone)]
                pub(super) struct Post {
                    _words: [u64; $words],
                }

                impl Post {
                    pub(super) fn new() -> Self {
                        Self { _words: [0; $words] }
                    }
                }

                #[traced_actor]
                struct Order {
                    broadcast: bool,
                    done: oneshot::Sender<()>,
                }

                struct Sending {
                    receiver: mpsc::Receiver<Order>,
                    senders: Arc<[mpsc::Sender<Post>]>,
                }

                #[traced_actor]
                impl Sending {
                    async fn run(mut self) {
                        while let Some(order) = self.receiver.recv().await {
                            self.handle(order).await;
                        }
                    }

                    async fn handle(&mut self, order: Order) {
                        let post = Post::new();
                        if order.broadcast {
                            broadcast(&*self.senders, post).await;
                        } else {
                            for sender in &*self.senders {
                                sender.send(post.clone()).await.ok();
                            }
                        }
                        order.done.send(()).ok();
                    }
                }

                thread_local! {
                    static MAILBOXES: Rc<Mailboxes<Post>> = Rc::new(Mailboxes::new());
                }

                /// Sends from an actor without any trace context. A repetition is a broadcast.
                pub(super) fn raw() -> Contestant {
                    let (runtime, mailboxes) = (runtime(), MAILBOXES.with(Rc::clone));
                    let senders = mailboxes.senders.clone();
                    let (orders, mut receiver) = tokio::sync::mpsc::channel::<oneshot::Sender<()>>(1);
                    runtime.spawn(async move {
                        while let Some(done) = receiver.recv().await {
                            let post = Post::new();
                            for sender in &*senders {
                                sender.send_envelope(Envelope::bare(post.clone())).await.ok();
                            }
                            done.send(()).ok();
                        }
                    });
                    let run = move |times| {
                        runtime.block_on(async {
                            for _ in 0..times {
                                let (done, over) = oneshot::channel();
                                orders.send(done).await.ok();
                                over.await.expect("the actor answers");
                            }
                        });
                    };
                    timed(run).emptied(ROOM as u64, move || mailboxes.empty())
                }

                /// Sends from an actor that handles a message with this context.
                pub(super) fn ordered(parent: Parent, broadcast: bool) -> Contestant {
                    ordered_to(MAILBOXES.with(Rc::clone), parent, broadcast)
                }

                fn ordered_to(mailboxes: Rc<Mailboxes<Post>>, parent: Parent, broadcast: bool) -> Contestant {
                    let runtime = runtime();
                    let (orders, receiver) = mpsc::channel(1);
                    runtime.spawn(Sending { receiver, senders: mailboxes.senders.clone() }.run());
                    let run = move |times| {
                        let orders = async {
                            for _ in 0..times {
                                let (done, over) = oneshot::channel();
                                let order = Envelope::new(Order { broadcast, done }, arrived(parent));
                                orders.send_envelope(order).await.ok();
                                over.await.expect("the actor answers");
                            }
                        };
                        runtime.block_on(orders);
                    };
                    timed(run).emptied(ROOM as u64, move || mailboxes.empty())
                }

                /// Counts the recipients' spans that are kept.
                pub(super) fn spans() -> Contestant {
                    let before = counters();
                    let mailboxes = Rc::new(Mailboxes::new());
                    let mut broadcast = ordered_to(mailboxes.clone(), Parent::Sampled, true);
                    if let Contestant::Timed { run, .. } = &mut broadcast {
                        run(1);
                    }
                    receive(&runtime(), &mailboxes.receivers);
                    let now = counters();
                    let kept = |counters: traced_actor::Counters| counters.kept.values().sum::<u64>();
                    assert_eq!(now.received() - before.received(), RECIPIENTS as u64 + 1);
                    #[expect(clippy::cast_precision_loss, reason = "ten")]
                    counted((kept(now) - kept(before) - 1) as f64)
                }
            }
        )*
    };
}

fanouts! {
    OF_24, of_24: 3 words, "24 bytes";
    OF_32, of_32: 4 words, "32 bytes";
    OF_56, of_56: 7 words, "56 bytes";
    OF_64, of_64: 8 words, "64 bytes";
}

/// The mailboxes of all broadcasts of a process. They are empty whenever a broadcast begins.
struct Mailboxes<T> {
    senders: Arc<[mpsc::Sender<T>]>,
    receivers: RefCell<Vec<mpsc::Receiver<T>>>,
}

impl<T: traced_actor::Message> Mailboxes<T> {
    fn new() -> Self {
        let (senders, receivers): (Vec<_>, Vec<_>) = (0..RECIPIENTS).map(|_| mpsc::channel(ROOM)).unzip();
        Self { senders: senders.into(), receivers: RefCell::new(receivers) }
    }

    fn empty(&self) {
        for receiver in self.receivers.borrow_mut().iter_mut() {
            while receiver.try_recv_envelope().is_ok() {}
        }
    }
}

/// Each recipient is its own actor, with a flow.
fn receive<T: traced_actor::Message>(runtime: &Runtime, receivers: &RefCell<Vec<mpsc::Receiver<T>>>) {
    for mut receiver in receivers.take() {
        runtime.block_on(async move { receiver.recv().await.map(drop) }.traced());
    }
}
