//! A watch channel stops the loop; only the mailbox is traced.

use tokio::sync::{mpsc, watch};

struct Parcel(u8);

struct Courier {
    parcels: mpsc::Receiver<Parcel>,
    shutdown: watch::Receiver<bool>,
}

impl Courier {
    async fn run(&mut self) -> u8 {
        let mut weight = 0;
        loop {
            tokio::select! {
                biased;
                Some(Parcel(n)) = self.parcels.recv() => weight += n,
                _ = self.shutdown.changed() => return weight,
            }
        }
    }
}

pub async fn exercise() -> Vec<String> {
    let (sender, parcels) = mpsc::channel(4);
    let (stop, shutdown) = watch::channel(false);
    for weight in [2, 3] {
        sender.send(Parcel(weight)).await.ok().unwrap();
    }
    stop.send(true).unwrap();
    let mut courier = Courier { parcels, shutdown };
    vec![tokio::spawn(async move { courier.run().await }).await.unwrap().to_string()]
}
