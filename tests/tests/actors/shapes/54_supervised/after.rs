//! A supervisor starts the loop again when it ends with an error; the mailbox stays.

use traced_actor::sync::mpsc;

#[traced_actor::traced_actor]
enum Order {
    Fly,
    Crash,
}

struct Pilot {
    flown: u32,
}

#[traced_actor::traced_actor]
impl Pilot {
    async fn session(&mut self, orders: &mut mpsc::Receiver<Order>) -> Result<(), &'static str> {
        while let Some(order) = orders.recv().await {
            match order {
                Order::Fly => self.flown += 1,
                Order::Crash => return Err("engine out"),
            }
        }
        Ok(())
    }
}

async fn supervise(mut orders: mpsc::Receiver<Order>) -> (u32, u32) {
    let (mut pilot, mut crashes) = (Pilot { flown: 0 }, 0);
    while pilot.session(&mut orders).await.is_err() {
        crashes += 1;
    }
    (pilot.flown, crashes)
}

pub async fn exercise() -> Vec<String> {
    let (tower, orders) = mpsc::channel(4);
    for order in [Order::Fly, Order::Crash, Order::Fly] {
        tower.send(order).await.ok().unwrap();
    }
    drop(tower);
    vec![format!("{:?}", tokio::spawn(supervise(orders)).await.unwrap())]
}
