//! Workers share a receiver that can be cloned.

use traced_actor_channels::async_channel;

#[traced_actor::traced_actor]
enum Order {
    Dish(u8),
}

struct Cook {
    orders: async_channel::Receiver<Order>,
}

#[traced_actor::traced_actor]
impl Cook {
    async fn run(self) -> u8 {
        let mut cooked = 0;
        while let Ok(order) = self.orders.recv().await {
            cooked += self.cook(order).await;
        }
        cooked
    }

    async fn cook(&self, order: Order) -> u8 {
        let Order::Dish(n) = order;
        tokio::task::yield_now().await;
        n
    }
}

pub async fn exercise() -> Vec<String> {
    let (waiter, orders) = async_channel::bounded(4);
    let cooks: Vec<_> = (0..2).map(|_| tokio::spawn(Cook { orders: orders.clone() }.run())).collect();
    for n in [3, 4] {
        waiter.send(Order::Dish(n)).await.ok().unwrap();
    }
    drop((waiter, orders));
    let mut cooked = 0;
    for cook in cooks {
        cooked += cook.await.unwrap();
    }
    vec![cooked.to_string()]
}
