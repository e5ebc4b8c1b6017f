//! Messages are taken many at a time, and written together.

use tokio::sync::mpsc;

struct Document {
    words: usize,
}

struct Indexer {
    documents: mpsc::Receiver<Document>,
    written: usize,
}

impl Indexer {
    async fn run(mut self) -> usize {
        let mut batch = Vec::with_capacity(16);
        while self.documents.recv_many(&mut batch, 16).await > 0 {
            self.written += batch.drain(..).map(|document: Document| document.words).sum::<usize>();
        }
        self.written
    }
}

pub async fn exercise() -> Vec<String> {
    let (crawler, documents) = mpsc::channel(8);
    for words in [10, 20, 30] {
        crawler.send(Document { words }).await.ok().unwrap();
    }
    drop(crawler);
    vec![tokio::spawn(Indexer { documents, written: 0 }.run()).await.unwrap().to_string()]
}
