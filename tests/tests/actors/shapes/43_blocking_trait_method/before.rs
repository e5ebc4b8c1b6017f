//! A trait's method runs the loop on a thread, and returns early.

use tokio::sync::mpsc;

trait Run {
    fn run(&mut self) -> Result<u32, String>;
}

struct Read {
    block: u32,
}

struct Reader {
    reads: mpsc::Receiver<Read>,
    sum: u32,
}

impl Run for Reader {
    fn run(&mut self) -> Result<u32, String> {
        while let Some(Read { block }) = self.reads.blocking_recv() {
            if block > 9 {
                return Err("no such block".to_owned());
            }
            self.sum += block;
        }
        Ok(self.sum)
    }
}

pub async fn exercise() -> Vec<String> {
    let (disk, reads) = mpsc::channel(4);
    for block in [3, 10] {
        disk.send(Read { block }).await.ok().unwrap();
    }
    drop(disk);
    let mut reader = Reader { reads, sum: 0 };
    vec![format!("{:?}", tokio::task::spawn_blocking(move || reader.run()).await.unwrap())]
}
