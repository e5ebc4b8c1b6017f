use traced_actor::{tokio, traced_actor};

#[traced_actor]
struct Order;

#[traced_actor]
async fn serve(mut orders: tokio::sync::mpsc::Receiver<Order>) {
    while let Some(Order) = orders.recv().await {}
}

mod tests {
    use super::*;

    async fn serves() {
        let (_, orders) = tokio::sync::mpsc::channel(1);
        serve(orders).await;
    }

    mod inner {
        use super::*;
        use tokio::sync::mpsc;

        async fn serves() {
            let (_, orders) = mpsc::channel(1);
            serve(orders).await;
        }
    }
}

fn main() {}
