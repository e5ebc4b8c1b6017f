//! Handlers run beside one another, kept in a set.

use futures_util::stream::{FuturesUnordered, StreamExt};
use traced_actor::sync::mpsc;

#[traced_actor::traced_actor]
enum Request {
    Fetch(u8),
}

struct Fetcher {
    base: u8,
}

#[traced_actor::traced_actor]
impl Fetcher {
    async fn run(&self, mut requests: mpsc::Receiver<Request>) -> Vec<u8> {
        let mut running = FuturesUnordered::new();
        let mut done = Vec::new();
        loop {
            tokio::select! {
                biased;
                request = requests.recv(), if !requests.is_closed() || !requests.is_empty() => match request {
                    Some(request) => running.push(self.fetch(request)),
                    None => {}
                },
                Some(fetched) = running.next() => done.push(fetched),
                else => break,
            }
        }
        done.sort_unstable();
        done
    }

    async fn fetch(&self, request: Request) -> u8 {
        let Request::Fetch(n) = request;
        tokio::time::sleep(std::time::Duration::from_millis(u64::from(10 - n))).await;
        self.base + n
    }
}

pub async fn exercise() -> Vec<String> {
    let (client, requests) = mpsc::channel(4);
    for n in [1, 2] {
        client.send(Request::Fetch(n)).await.ok().unwrap();
    }
    drop(client);
    let task = tokio::spawn(async move { Fetcher { base: 100 }.run(requests).await });
    vec![format!("{:?}", task.await.unwrap())]
}
