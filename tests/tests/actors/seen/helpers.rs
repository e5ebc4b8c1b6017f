//! A function that receives and returns the message is a helper; who calls it receives.

use std::future::poll_fn;
use std::time::{Duration, Instant};

use traced_actor::sync::mpsc;
use traced_actor::traced_actor;

use super::{Note, check, check_notes, sent};

#[traced_actor]
pub(crate) enum Order {
    Brew(u8),
    Stop,
}

/// A café with this loop and this helper.
macro_rules! cafe {
    ($test:ident $name:literal: $($methods:tt)*) => {
        mod $test {
            use super::*;

            #[allow(dead_code, reason = "not every helper needs all of it")]
            pub(super) struct Cafe {
                pub(super) orders: mpsc::Receiver<Order>,
                pub(super) urgent: mpsc::Receiver<Order>,
                pub(super) notes: mpsc::Sender<Note>,
                pub(super) seen: usize,
            }

            #[traced_actor(name = $name)]
            impl Cafe {
                $($methods)*

                async fn handle(&mut self, order: Order) -> Result<(), &'static str> {
                    tokio::task::yield_now().await;
                    self.notes.send(Note).await.ok();
                    match order {
                        Order::Brew(0) => Err("out of beans"),
                        Order::Brew(_) | Order::Stop => Ok(()),
                    }
                }
            }
        }

        #[tokio::test]
        async fn $test() {
            let orders = sent(vec![Order::Brew(1), Order::Brew(0), Order::Stop]).await;
            let (notes, mut noted) = mpsc::channel(8);
            let urgent = mpsc::channel(1).1;
            tokio::spawn($test::Cafe { orders, urgent, notes, seen: 0 }.run()).await.unwrap();
            check($name, &[("Brew", None), ("Brew", Some("out of beans")), ("Stop", None)]);
            check_notes(&mut noted, 3);
        }
    };
}

cafe! { tail "Tail":
    pub(super) async fn run(mut self) {
        while let Some(order) = self.next_order().await { self.handle(order).await.ok(); }
    }
    async fn next_order(&mut self) -> Option<Order> { self.orders.recv().await }
}

cafe! { select "Select":
    pub(super) async fn run(mut self) {
        while let Some(order) = self.next_order().await { self.handle(order).await.ok(); }
    }
    async fn next_order(&mut self) -> Option<Order> {
        tokio::select! { biased; Some(order) = self.urgent.recv() => Some(order), order = self.orders.recv() => order }
    }
}

cafe! { by_match "ByMatch":
    pub(super) async fn run(mut self) {
        while let Ok(order) = self.next_order().await { self.handle(order).await.ok(); }
    }
    async fn next_order(&mut self) -> Result<Order, String> {
        match self.orders.recv().await {
            Some(order) => Ok(order),
            None => Err("closed".to_owned()),
        }
    }
}

cafe! { timeout "Timeout":
    pub(super) async fn run(mut self) {
        while let Some(order) = self.next_order().await { self.handle(order).await.ok(); }
    }
    async fn next_order(&mut self) -> Option<Order> {
        tokio::time::timeout(Duration::from_secs(60), self.orders.recv()).await.ok().flatten()
    }
}

cafe! { question_mark "QuestionMark":
    pub(super) async fn run(mut self) {
        while let Some(order) = self.next_order().await { self.handle(order).await.ok(); }
    }
    async fn next_order(&mut self) -> Option<Order> {
        let order = self.orders.recv().await?;
        self.seen += 1;
        Some(order)
    }
}

cafe! { ok_or "OkOr":
    pub(super) async fn run(mut self) {
        loop {
            match self.next_order().await {
                Ok(order) => { self.handle(order).await.ok(); }
                Err(_closed) => break,
            }
        }
    }
    async fn next_order(&mut self) -> Result<Order, &'static str> { self.orders.recv().await.ok_or("closed") }
}

cafe! { let_else "LetElse":
    pub(super) async fn run(mut self) {
        loop {
            let Some(order) = self.next_order().await else { break };
            self.handle(order).await.ok();
        }
    }
    async fn next_order(&mut self) -> Option<Order> {
        let Some(order) = self.orders.recv().await else { return None };
        Some(order)
    }
}

cafe! { with_a_time "WithATime":
    pub(super) async fn run(mut self) {
        while let Some((order, _at)) = self.next_order().await { self.handle(order).await.ok(); }
    }
    async fn next_order(&mut self) -> Option<(Order, Instant)> {
        Some((self.orders.recv().await?, Instant::now()))
    }
}

cafe! { polled "Polled":
    pub(super) async fn run(mut self) {
        while let Some(order) = self.next_order().await { self.handle(order).await.ok(); }
    }
    async fn next_order(&mut self) -> Option<Order> { poll_fn(|cx| self.orders.poll_recv(cx)).await }
}

cafe! { polled_in_the_loop "PolledInTheLoop":
    pub(super) async fn run(mut self) {
        while let Some(order) = poll_fn(|cx| self.orders.poll_recv(cx)).await { self.handle(order).await.ok(); }
    }
}

cafe! { of_a_helper "OfAHelper":
    pub(super) async fn run(mut self) {
        loop {
            tokio::select! {
                order = self.next_order() => {
                    let Some(order) = order else { break };
                    self.handle(order).await.ok();
                }
            }
        }
    }
    async fn next_order(&mut self) -> Option<Order> { self.next_of_all().await }
    async fn next_of_all(&mut self) -> Option<Order> { self.orders.recv().await }
}

cafe! { batch "Batch":
    pub(super) async fn run(mut self) {
        let mut batch = Vec::new();
        while self.fill(&mut batch).await > 0 {
            for order in batch.drain(..) { self.handle(order).await.ok(); }
        }
    }
    async fn fill(&mut self, batch: &mut Vec<Order>) -> usize { self.orders.recv_many(batch, 1).await }
}
