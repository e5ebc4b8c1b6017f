//! Handlers that take their message in something, and functions that are none.

use traced_actor::sync::mpsc;
use traced_actor::{Envelope, testkit, traced_actor};

use super::{Note, check, check_notes, sent};

#[traced_actor]
pub(crate) enum Order {
    Buy,
    Sell,
}

fn orders() -> Vec<Order> {
    vec![Order::Buy, Order::Sell]
}

struct Desk {
    orders: mpsc::Receiver<Order>,
    notes: mpsc::Sender<Note>,
    ends: usize,
}

#[traced_actor(name = "TakesOption")]
impl Desk {
    async fn run(mut self) -> usize {
        loop {
            let order = self.orders.recv().await;
            if !self.on_order(order).await.unwrap_or(true) {
                break self.ends;
            }
        }
    }

    async fn on_order(&mut self, order: Option<Order>) -> Result<bool, &'static str> {
        match order {
            Some(Order::Buy) => {
                self.notes.send(Note).await.ok();
                Ok(true)
            }
            Some(Order::Sell) => Err("nothing to sell"),
            None => {
                self.ends += 1;
                Ok(false)
            }
        }
    }
}

#[tokio::test]
async fn a_handler_may_take_an_option() {
    let (notes, mut noted) = mpsc::channel(8);
    let desk = Desk { orders: sent(orders()).await, notes, ends: 0 };
    assert_eq!(tokio::spawn(desk.run()).await.unwrap(), 1);
    check("TakesOption", &[("Buy", None), ("Sell", Some("nothing to sell"))]);
    check_notes(&mut noted, 1);
}

struct Sync {
    orders: mpsc::Receiver<Order>,
    notes: mpsc::Sender<Note>,
}

#[traced_actor(name = "TakesOptionAtOnce")]
impl Sync {
    async fn run(mut self) {
        while {
            let order = self.orders.recv().await;
            self.on_order(order)
        } {}
    }

    fn on_order(&mut self, order: Option<Order>) -> bool {
        if order.is_some() {
            self.notes.try_send(Note).ok();
        }
        order.is_some()
    }
}

#[tokio::test]
async fn a_handler_that_is_not_async_may_take_an_option() {
    let (notes, mut noted) = mpsc::channel(8);
    tokio::spawn(Sync { orders: sent(orders()).await, notes }.run()).await.unwrap();
    check("TakesOptionAtOnce", &[("Buy", None), ("Sell", None)]);
    check_notes(&mut noted, 2);
}

struct Enveloped {
    orders: mpsc::Receiver<Order>,
    notes: mpsc::Sender<Note>,
}

#[traced_actor(name = "TakesEnvelope")]
impl Enveloped {
    async fn run(mut self) {
        while let Some(order) = self.orders.recv_envelope().await {
            self.on_order(order).await.ok();
        }
    }

    async fn on_order(&mut self, order: Envelope<Order>) -> Result<(), String> {
        self.notes.send(Note).await.ok();
        match order.into_message() {
            Order::Buy => Ok(()),
            Order::Sell => Err("nothing to sell".to_owned()),
        }
    }
}

#[tokio::test]
async fn a_handler_may_take_an_envelope() {
    let (notes, mut noted) = mpsc::channel(8);
    tokio::spawn(Enveloped { orders: sent(orders()).await, notes }.run()).await.unwrap();
    check("TakesEnvelope", &[("Buy", None), ("Sell", Some("nothing to sell"))]);
    check_notes(&mut noted, 2);
}

/// A second mailbox that stays on plain tokio.
struct Exchange {
    orders: mpsc::Receiver<Order>,
    frames: tokio::sync::mpsc::Receiver<String>,
}

#[traced_actor]
impl Exchange {
    fn new(orders: mpsc::Receiver<Order>, frames: tokio::sync::mpsc::Receiver<String>) -> Self {
        Self { orders, frames }
    }

    async fn run(mut self) {
        loop {
            tokio::select! {
                Some(order) = self.orders.recv() => match order { Order::Buy | Order::Sell => {} },
                Some(frame) = self.frames.recv() => self.handle_message(frame),
                else => break,
            }
        }
    }

    fn handle_message(&mut self, frame: String) {
        drop(frame);
    }
}

#[tokio::test]
async fn what_a_plain_channel_brings_has_no_span() {
    let (frames, received) = tokio::sync::mpsc::channel(4);
    frames.send("frame".to_owned()).await.unwrap();
    drop(frames);
    tokio::spawn(Exchange::new(sent(orders()).await, received).run()).await.unwrap();
    check("Exchange", &[("Buy", None), ("Sell", None)]);
}

/// Two blocks of one type that each have a handler: `impl Actor` is for neither.
struct Clock(mpsc::Receiver<Order>);

#[traced_actor]
impl Clock {
    async fn run(mut self) {
        while let Some(order) = self.0.recv().await {
            self.serve(order).await;
        }
    }

    async fn serve(&mut self, order: Order) {
        self.handle_message(order).await;
    }
}

#[traced_actor(local)]
impl Clock {
    async fn handle_message(&mut self, _: Order) {}
}

#[tokio::test]
async fn two_blocks_may_have_a_handler_each() {
    tokio::spawn(Clock(sent(vec![Order::Buy]).await).run()).await.unwrap();
    // The second is a direct call, below the first.
    check("Clock", &[("Buy", None), ("Buy", None)]);
}

/// A loop beside the handler, which still has something to spawn.
struct Both(Option<mpsc::Receiver<Order>>);

#[traced_actor(spawn)]
impl Both {
    #[expect(dead_code, reason = "it is the other way to run it")]
    async fn run(mut self) {
        let Some(mut orders) = self.0.take() else { return };
        while let Some(order) = orders.recv().await {
            self.handle(order).await;
        }
    }

    async fn handle(&mut self, _: Order) {}
}

#[tokio::test(flavor = "multi_thread")]
async fn an_actor_that_runs_itself_can_be_spawned_too() {
    testkit::install();
    let both = traced_actor::spawn(Both(None), 4);
    super::in_trace(async { both.cast(Order::Buy).await.unwrap() }).await;
    drop(both);
    assert_eq!(testkit::install().wait_for("Both", 1).len(), 1);
    check("Both", &[("Buy", None)]);
}
