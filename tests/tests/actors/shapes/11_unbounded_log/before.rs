//! An unbounded mailbox, a handler that is not async, and a handle that never waits.

use tokio::sync::mpsc;

enum Entry {
    Line(String),
    Flush { done: tokio::sync::oneshot::Sender<usize> },
}

struct Journal {
    entries: mpsc::UnboundedReceiver<Entry>,
    lines: Vec<String>,
}

impl Journal {
    async fn run(mut self) {
        while let Some(entry) = self.entries.recv().await {
            self.write(entry);
        }
    }

    fn write(&mut self, entry: Entry) {
        match entry {
            Entry::Line(line) => self.lines.push(line),
            Entry::Flush { done } => drop(done.send(self.lines.drain(..).count())),
        }
    }
}

pub async fn exercise() -> Vec<String> {
    let (log, entries) = mpsc::unbounded_channel();
    let journal = tokio::spawn(Journal { entries, lines: Vec::new() }.run());
    log.send(Entry::Line("started".to_owned())).ok().unwrap();
    let (done, flushed) = tokio::sync::oneshot::channel();
    log.send(Entry::Flush { done }).ok().unwrap();
    let flushed = flushed.await.unwrap();
    drop(log);
    journal.await.unwrap();
    vec![flushed.to_string()]
}
