//! Generic over what it keeps.

use std::collections::HashMap;
use std::hash::Hash;
use traced_actor::sync::{mpsc, oneshot};

#[traced_actor::traced_actor]
enum Access<K, V>
where
    K: Eq + Hash,
{
    Put(K, V),
    Get(K, oneshot::Sender<Option<V>>),
}

struct Cache<K, V>
where
    K: Eq + Hash,
{
    accesses: mpsc::Receiver<Access<K, V>>,
    values: HashMap<K, V>,
}

#[traced_actor::traced_actor]
impl<K, V> Cache<K, V>
where
    K: Eq + Hash,
    V: Clone,
{
    async fn run(mut self) {
        while let Some(access) = self.accesses.recv().await {
            self.access(access).await;
        }
    }

    async fn access(&mut self, access: Access<K, V>) {
        match access {
            Access::Put(key, value) => drop(self.values.insert(key, value)),
            Access::Get(key, reply) => drop(reply.send(self.values.get(&key).cloned())),
        }
    }
}

pub async fn exercise() -> Vec<String> {
    let (client, accesses) = mpsc::channel(4);
    let task = tokio::spawn(Cache { accesses, values: HashMap::new() }.run());
    client.send(Access::Put("a", 1)).await.ok().unwrap();
    let (reply, value) = oneshot::channel();
    client.send(Access::Get("a", reply)).await.ok().unwrap();
    let value = value.await.unwrap();
    drop(client);
    task.await.unwrap();
    vec![format!("{value:?}")]
}
