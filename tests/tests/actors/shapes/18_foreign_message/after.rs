//! The message is a type of another crate, so the channel is made for any type.

use traced_actor::sync::{mpsc, oneshot};

type Receipt = (String, oneshot::Sender<usize>);

struct Till {
    receipts: mpsc::Receiver<Receipt>,
    printed: usize,
}

#[traced_actor::traced_actor]
impl Till {
    async fn run(mut self) {
        while let Some((text, reply)) = self.receipts.recv().await {
            self.printed += text.len();
            let _ = reply.send(self.printed);
        }
    }
}

pub async fn exercise() -> Vec<String> {
    let (till, receipts) = mpsc::channel_named_by_type(4);
    let task = tokio::spawn(Till { receipts, printed: 0 }.run());
    let mut answers = Vec::new();
    for text in ["tea", "cake"] {
        let (reply, answer) = oneshot::channel();
        till.send((text.to_owned(), reply)).await.ok().unwrap();
        answers.push(answer.await.unwrap().to_string());
    }
    drop(till);
    task.await.unwrap();
    answers
}
