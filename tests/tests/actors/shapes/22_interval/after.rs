//! A timer ticks between messages, and its work is nobody's.

use std::time::Duration;
use traced_actor::sync::mpsc;

#[traced_actor::traced_actor]
enum Probe {
    Read,
}

struct Meter {
    probes: mpsc::Receiver<Probe>,
    reads: u32,
    ticks: u32,
}

#[traced_actor::traced_actor]
impl Meter {
    async fn run(mut self) -> (u32, bool) {
        let mut interval = tokio::time::interval(Duration::from_millis(10));
        loop {
            tokio::select! {
                _ = interval.tick() => self.ticks += 1,
                probe = self.probes.recv() => match probe {
                    Some(probe) => self.on_probe(probe).await,
                    None => return (self.reads, self.ticks > 1),
                },
            }
        }
    }

    async fn on_probe(&mut self, probe: Probe) {
        let Probe::Read = probe;
        tokio::time::sleep(Duration::from_millis(25)).await;
        self.reads += 1;
    }
}

pub async fn exercise() -> Vec<String> {
    let (prober, probes) = mpsc::channel(4);
    let task = tokio::spawn(Meter { probes, reads: 0, ticks: 0 }.run());
    for _ in 0..2 {
        prober.send(Probe::Read).await.ok().unwrap();
        tokio::time::sleep(Duration::from_millis(30)).await;
    }
    drop(prober);
    vec![format!("{:?}", task.await.unwrap())]
}
