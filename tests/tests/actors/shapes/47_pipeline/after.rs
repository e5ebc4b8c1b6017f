//! Two stages, one behind the other, as free functions that match inline; the second is left as it was.

use traced_actor::sync::mpsc;

#[traced_actor::traced_actor]
struct Raw(i32);

struct Clean(i32);

#[traced_actor::traced_actor(by_type(Clean))]
async fn filter(mut raw: mpsc::Receiver<Raw>, clean: mpsc::Sender<Clean>) {
    while let Some(Raw(value)) = raw.recv().await {
        clean.send(Clean(value.max(0))).await.ok();
    }
}

async fn store(mut clean: mpsc::Receiver<Clean>) -> i32 {
    let mut sum = 0;
    while let Some(Clean(value)) = clean.recv().await {
        sum += value;
    }
    sum
}

pub async fn exercise() -> Vec<String> {
    let (sensor, raw) = mpsc::channel(4);
    let (clean, stored) = mpsc::channel(4);
    let store = tokio::spawn(store(stored));
    for value in [-5, 7] {
        sensor.send(Raw(value)).await.ok().unwrap();
    }
    drop(sensor);
    tokio::spawn(filter(raw, clean)).await.unwrap();
    vec![store.await.unwrap().to_string()]
}
