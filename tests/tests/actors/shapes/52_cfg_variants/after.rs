//! Some variants exist in tests only.

use traced_actor::sync::mpsc;

#[traced_actor::traced_actor]
enum Change {
    Put(u8),
    #[cfg(test)]
    Clear,
    #[cfg(not(test))]
    Compact,
}

struct Store {
    changes: mpsc::Receiver<Change>,
    values: Vec<u8>,
}

#[traced_actor::traced_actor]
impl Store {
    async fn run(mut self) -> usize {
        while let Some(change) = self.changes.recv().await {
            match change {
                Change::Put(value) => self.values.push(value),
                #[cfg(test)]
                Change::Clear => self.values.clear(),
                #[cfg(not(test))]
                Change::Compact => self.values.shrink_to_fit(),
            }
        }
        self.values.len()
    }
}

pub async fn exercise() -> Vec<String> {
    let (client, changes) = mpsc::channel(4);
    client.send(Change::Put(1)).await.ok().unwrap();
    client.send(Change::Clear).await.ok().unwrap();
    drop(client);
    vec![tokio::spawn(Store { changes, values: Vec::new() }.run()).await.unwrap().to_string()]
}
