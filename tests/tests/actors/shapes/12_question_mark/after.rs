//! The handler's error ends the loop.

use traced_actor::sync::mpsc::{Receiver, channel};

#[traced_actor::traced_actor]
struct Pay {
    amount: i64,
}

struct Ledger {
    orders: Receiver<Pay>,
    balance: i64,
}

#[traced_actor::traced_actor]
impl Ledger {
    async fn serve(&mut self) -> Result<(), String> {
        while let Some(order) = self.orders.recv().await {
            self.settle(order).await?;
        }
        Ok(())
    }

    async fn settle(&mut self, Pay { amount }: Pay) -> Result<(), String> {
        if amount > self.balance {
            return Err("overdrawn".to_owned());
        }
        self.balance -= amount;
        Ok(())
    }
}

pub async fn exercise() -> Vec<String> {
    let (orders, receiver) = channel(4);
    for amount in [3, 9] {
        orders.send(Pay { amount }).await.ok().unwrap();
    }
    let mut ledger = Ledger { orders: receiver, balance: 10 };
    let ended = tokio::spawn(async move { (ledger.serve().await, ledger.balance) });
    vec![format!("{:?}", ended.await.unwrap())]
}
