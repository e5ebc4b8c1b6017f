//! A message closes the mailbox, and what is in it is drained.

use traced_actor::sync::mpsc;

#[traced_actor::traced_actor]
enum Waste {
    Drop(u8),
    Empty,
}

struct Bin {
    waste: mpsc::Receiver<Waste>,
    full: u8,
}

#[traced_actor::traced_actor]
impl Bin {
    async fn run(mut self) -> u8 {
        while let Some(waste) = self.waste.recv().await {
            if self.take(waste) {
                self.waste.close();
            }
        }
        self.full
    }

    fn take(&mut self, waste: Waste) -> bool {
        match waste {
            Waste::Drop(n) => self.full += n,
            Waste::Empty => {
                self.full = 0;
                return true;
            }
        }
        false
    }
}

pub async fn exercise() -> Vec<String> {
    let (street, waste) = mpsc::channel(4);
    for item in [Waste::Drop(1), Waste::Empty, Waste::Drop(2)] {
        street.send(item).await.ok().unwrap();
    }
    vec![tokio::spawn(Bin { waste, full: 0 }.run()).await.unwrap().to_string()]
}
