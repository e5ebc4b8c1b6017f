//! Several workers take from one mailbox behind a lock, by a helper.

use std::sync::Arc;
use traced_actor::sync::{Mutex, mpsc};

#[traced_actor::traced_actor]
struct Task(u32);

#[derive(Clone)]
struct Worker {
    tasks: Arc<Mutex<mpsc::Receiver<Task>>>,
}

#[traced_actor::traced_actor]
impl Worker {
    async fn run(self) -> u32 {
        let mut done = 0;
        while let Some(task) = self.take().await {
            done += self.work(task).await;
        }
        done
    }

    async fn take(&self) -> Option<Task> {
        let mut tasks = self.tasks.lock().await;
        tasks.recv().await
    }

    async fn work(&self, Task(n): Task) -> u32 {
        tokio::task::yield_now().await;
        n
    }
}

pub async fn exercise() -> Vec<String> {
    let (queue, tasks) = mpsc::channel(4);
    let worker = Worker { tasks: Arc::new(Mutex::new(tasks)) };
    let workers = [tokio::spawn(worker.clone().run()), tokio::spawn(worker.run())];
    for n in [1, 2, 3] {
        queue.send(Task(n)).await.ok().unwrap();
    }
    drop(queue);
    let mut sum = 0;
    for worker in workers {
        sum += worker.await.unwrap();
    }
    vec![sum.to_string()]
}
