//! A buffer of a size that is known.

use traced_actor::sync::mpsc;

#[traced_actor::traced_actor]
enum Write {
    Push(u8),
}

struct Ring<const N: usize> {
    writes: mpsc::Receiver<Write>,
    bytes: [u8; N],
    at: usize,
}

#[traced_actor::traced_actor]
impl<const N: usize> Ring<N> {
    async fn run(mut self) -> [u8; N] {
        while let Some(write) = self.writes.recv().await {
            self.push(write);
        }
        self.bytes
    }

    fn push(&mut self, write: Write) {
        let Write::Push(byte) = write;
        self.bytes[self.at % N] = byte;
        self.at += 1;
    }
}

pub async fn exercise() -> Vec<String> {
    let (writer, writes) = mpsc::channel(4);
    for byte in [1, 2] {
        writer.send(Write::Push(byte)).await.ok().unwrap();
    }
    drop(writer);
    vec![format!("{:?}", tokio::spawn(Ring { writes, bytes: [0; 3], at: 0 }.run()).await.unwrap())]
}
