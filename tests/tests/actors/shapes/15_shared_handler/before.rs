//! The handler takes `&self`, and the actor is behind an `Arc` that others read.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::mpsc;

enum Change {
    Add(u64),
}

#[derive(Default)]
struct Gauge {
    value: AtomicU64,
}

impl Gauge {
    async fn run(self: Arc<Self>, mut changes: mpsc::Receiver<Change>) {
        while let Some(change) = changes.recv().await {
            self.apply(change).await;
        }
    }

    async fn apply(&self, change: Change) {
        let Change::Add(n) = change;
        self.value.fetch_add(n, Ordering::Relaxed);
    }
}

pub async fn exercise() -> Vec<String> {
    let (changes, receiver) = mpsc::channel(4);
    let gauge = Arc::new(Gauge::default());
    let task = tokio::spawn(Arc::clone(&gauge).run(receiver));
    for n in [1, 2] {
        changes.send(Change::Add(n)).await.ok().unwrap();
    }
    drop(changes);
    task.await.unwrap();
    vec![gauge.value.load(Ordering::Relaxed).to_string()]
}
