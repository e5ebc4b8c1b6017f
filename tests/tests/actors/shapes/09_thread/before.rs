//! A thread with `blocking_recv`, whose requests are structs; and an actor that is not `Send`.

use std::rc::Rc;
use tokio::sync::{mpsc, oneshot};

struct Request {
    id: String,
    resp: oneshot::Sender<usize>,
}

struct Database {
    rx: mpsc::Receiver<Request>,
}

impl Database {
    fn run(mut self) {
        while let Some(request) = self.rx.blocking_recv() {
            let _ = request.resp.send(request.id.len());
        }
    }
}

struct Local {
    rx: mpsc::Receiver<Request>,
    seen: Rc<std::cell::Cell<usize>>,
}

async fn run_local(mut local: Local) {
    while let Some(Request { id, resp }) = local.rx.recv().await {
        let seen = Rc::clone(&local.seen);
        tokio::task::yield_now().await;
        seen.set(seen.get() + id.len());
        let _ = resp.send(seen.get());
    }
}

async fn ask(sender: &mpsc::Sender<Request>, id: &str) -> usize {
    let (resp, response) = oneshot::channel();
    let request = Request { id: id.to_owned(), resp };
    sender.send(request).await.unwrap_or_else(|_| panic!("somebody receives"));
    response.await.expect("an answer")
}

pub async fn exercise() -> Vec<String> {
    let (sender, rx) = mpsc::channel(4);
    let database = std::thread::spawn(move || Database { rx }.run());
    let mut seen = vec![ask(&sender, "four").await];
    drop(sender);
    database.join().unwrap();

    let (sender, rx) = mpsc::channel(4);
    let local = Local { rx, seen: Rc::default() };
    let set = tokio::task::LocalSet::new();
    set.spawn_local(run_local(local));
    seen.push(set.run_until(ask(&sender, "one")).await);
    seen.push(set.run_until(ask(&sender, "three")).await);
    drop(sender);
    set.await;
    seen.iter().map(usize::to_string).collect()
}
