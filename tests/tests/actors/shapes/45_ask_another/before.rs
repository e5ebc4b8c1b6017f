//! One actor asks another, and waits. Of the other only the message is annotated.

use tokio::sync::{mpsc, oneshot};

struct Take {
    reply: oneshot::Sender<bool>,
}

struct Stock {
    takes: mpsc::Receiver<Take>,
    left: u8,
}

impl Stock {
    async fn run(mut self) {
        while let Some(Take { reply }) = self.takes.recv().await {
            let there = self.left > 0;
            self.left = self.left.saturating_sub(1);
            let _ = reply.send(there);
        }
    }
}

enum Sale {
    Buy,
}

struct Shop {
    sales: mpsc::Receiver<Sale>,
    stock: mpsc::Sender<Take>,
}

impl Shop {
    async fn run(mut self) -> Vec<bool> {
        let mut sold = Vec::new();
        while let Some(sale) = self.sales.recv().await {
            sold.push(self.on_sale(sale).await.is_ok());
        }
        sold
    }

    async fn on_sale(&mut self, sale: Sale) -> Result<(), &'static str> {
        let Sale::Buy = sale;
        let (reply, there) = oneshot::channel();
        self.stock.send(Take { reply }).await.ok();
        there.await.unwrap_or(false).then_some(()).ok_or("sold out")
    }
}

pub async fn exercise() -> Vec<String> {
    let (stock, takes) = mpsc::channel(4);
    let (till, sales) = mpsc::channel(4);
    tokio::spawn(Stock { takes, left: 1 }.run());
    for _ in 0..2 {
        till.send(Sale::Buy).await.ok().unwrap();
    }
    drop(till);
    vec![format!("{:?}", tokio::spawn(Shop { sales, stock }.run()).await.unwrap())]
}
