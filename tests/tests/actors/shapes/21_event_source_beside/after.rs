//! The mailbox is a parameter; the other source of events is not an actor.

use traced_actor::sync::mpsc;

#[traced_actor::traced_actor]
struct Dial {
    peer: u16,
}

struct Swarm {
    events: u16,
}

impl Swarm {
    async fn select_next_some(&mut self) -> u16 {
        if self.events == 0 {
            std::future::pending::<()>().await;
        }
        self.events -= 1;
        self.events
    }
}

#[traced_actor::traced_actor]
async fn run_swarm(mut swarm: Swarm, mut dials: mpsc::Receiver<Dial>) -> u16 {
    let mut sum = 0;
    loop {
        tokio::select! {
            biased;
            event = swarm.select_next_some() => sum += event,
            dial = dials.recv() => match dial {
                Some(Dial { peer }) => sum += peer,
                None => return sum,
            },
        }
    }
}

pub async fn exercise() -> Vec<String> {
    let (dialer, dials) = mpsc::channel(4);
    for peer in [10, 20] {
        dialer.send(Dial { peer }).await.ok().unwrap();
    }
    drop(dialer);
    vec![tokio::spawn(run_swarm(Swarm { events: 3 }, dials)).await.unwrap().to_string()]
}
