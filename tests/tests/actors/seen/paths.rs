//! Channels that are named by full paths and in nested imports, in files with `use traced_actor::tokio`.

use traced_actor::{testkit, tokio, traced_actor};

use tokio::{
    select,
    sync::{mpsc as short, oneshot},
    time::{Duration, sleep},
};

use super::{Note, check, in_trace, sent};

#[traced_actor]
#[derive(Debug)]
pub(crate) enum Order {
    Buy,
    Sell(oneshot::Sender<u8>),
}

struct Desk {
    orders: tokio::sync::mpsc::Receiver<Order>,
    notes: short::Sender<Note>,
}

#[traced_actor(name = "PathsDesk")]
impl Desk {
    fn new(orders: tokio::sync::mpsc::Receiver<Order>, notes: short::Sender<Note>) -> Self {
        Self { orders, notes }
    }

    async fn run(mut self) {
        loop {
            select! {
                Some(order) = self.orders.recv() => self.place(order).await,
                () = sleep(Duration::from_secs(60)) => break,
                else => break,
            }
        }
    }

    async fn place(&mut self, order: Order) {
        match order {
            Order::Buy => self.notes.send(Note).await.unwrap(),
            Order::Sell(price) => price.send(7).unwrap(),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_path_in_an_impl() {
    let (notes, mut noted) = tokio::sync::mpsc::channel(4);
    let (price, at) = oneshot::channel();
    let desk = Desk::new(sent(vec![Order::Buy, Order::Sell(price)]).await, notes);
    tokio::join!(desk.run(), async { assert_eq!(at.await, Ok(7)) });
    assert!(noted.recv().await.is_some());
    check("PathsDesk", &[("Buy", None), ("Sell", None)]);
}

/// A mailbox that is made where it is received from.
#[traced_actor(name = "PathsMade")]
async fn made(started: oneshot::Sender<tokio::sync::mpsc::UnboundedSender<Order>>) -> usize {
    let (sender, mut orders) = tokio::sync::mpsc::unbounded_channel();
    started.send(sender).unwrap();
    let mut received = 0;
    while let Some(Order::Buy) = orders.recv().await {
        received += 1;
    }
    received
}

#[tokio::test]
async fn a_path_in_a_body() {
    testkit::install();
    let (started, sender) = oneshot::channel::<short::UnboundedSender<Order>>();
    let send = async {
        let sender = sender.await.unwrap();
        in_trace(async move { sender.send(Order::Buy) }).await.unwrap();
    };
    assert_eq!(tokio::join!(made(started), send).0, 1);
    check("PathsMade", &[("Buy", None)]);
}

#[traced_actor(name = "PathsAlone")]
async fn alone(mut orders: tokio::sync::mpsc::Receiver<Order>) {
    while let Some(order) = orders.recv().await {
        drop(order);
    }
}

#[tokio::test]
async fn a_path_in_a_parameter() {
    alone(sent(vec![Order::Buy]).await).await;
    check("PathsAlone", &[("Buy", None)]);
}

/// A mailbox with a path of tokio's own, beside another mailbox, has no trace and is not changed.
struct Both {
    orders: short::Receiver<Order>,
    plain: ::tokio::sync::mpsc::Receiver<u8>,
    sum: u8,
}

#[traced_actor(name = "PathsBoth")]
impl Both {
    fn new(orders: tokio::sync::mpsc::Receiver<Order>, plain: ::tokio::sync::mpsc::Receiver<u8>) -> Self {
        Self { orders, plain, sum: 0 }
    }

    async fn run(mut self) -> u8 {
        while let Some(order) = self.orders.recv().await {
            drop(order);
        }
        while let Some(number) = self.plain.recv().await {
            self.handle_message(number);
        }
        self.sum
    }

    fn handle_message(&mut self, number: u8) {
        self.sum += number;
    }
}

#[tokio::test]
async fn a_path_with_two_colons_in_front_is_tokio_s() {
    let (numbers, plain) = ::tokio::sync::mpsc::channel(2);
    numbers.send(3).await.unwrap();
    drop(numbers);
    assert_eq!(Both::new(sent(vec![Order::Buy]).await, plain).run().await, 3);
    check("PathsBoth", &[("Buy", None)]);
}

/// An inline module sees its own `use`.
#[traced_actor(name = "PathsModule")]
mod module {
    use super::tokio;
    use tokio::sync::mpsc::{self, Receiver};

    pub(super) struct Tick;

    pub(super) struct Clock {
        pub(super) ticks: Receiver<Tick>,
        pub(super) kept: Option<mpsc::Receiver<Tick>>,
    }

    impl Clock {
        pub(super) async fn run(mut self) -> bool {
            while let Some(tick) = self.ticks.recv().await {
                self.on(tick).await;
            }
            self.kept.is_none()
        }

        async fn on(&mut self, _tick: Tick) {
            tokio::task::yield_now().await;
        }
    }
}

#[tokio::test]
async fn a_module_with_an_import_of_its_own() {
    let clock = module::Clock { ticks: sent(vec![module::Tick]).await, kept: None };
    assert!(clock.run().await);
    check("PathsModule", &[("Tick", None)]);
}

mod tests {
    use super::*;
    // Behind a glob `tokio` would be ambiguous in imports and attributes.
    use traced_actor::tokio;

    #[tokio::test(flavor = "multi_thread", worker_threads = 1)]
    async fn a_module_below_with_the_line_once_more() {
        testkit::install();
        let (sender, orders) = tokio::sync::mpsc::channel(1);
        in_trace(async { sender.send(Order::Buy).await }).await.unwrap();
        drop(sender);
        #[traced_actor(name = "PathsBelow")]
        async fn below(mut orders: short::Receiver<Order>) {
            while orders.recv().await.is_some() {}
        }
        below(orders).await;
        check("PathsBelow", &[("Buy", None)]);
    }
}
