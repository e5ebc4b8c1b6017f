//! The receiver is taken out of an `Option` when the loop starts.

use traced_actor::sync::mpsc;

#[traced_actor::traced_actor]
enum Press {
    Buzz,
}

struct Buzzer {
    presses: Option<mpsc::Receiver<Press>>,
    buzzed: u32,
}

#[traced_actor::traced_actor]
impl Buzzer {
    async fn run(&mut self) -> u32 {
        let mut presses = self.presses.take().expect("started once");
        while let Some(press) = presses.recv().await {
            self.buzz(press).await;
        }
        self.buzzed
    }

    async fn buzz(&mut self, _: Press) {
        self.buzzed += 1;
    }
}

pub async fn exercise() -> Vec<String> {
    let (button, presses) = mpsc::channel(4);
    for _ in 0..2 {
        button.send(Press::Buzz).await.ok().unwrap();
    }
    drop(button);
    let mut buzzer = Buzzer { presses: Some(presses), buzzed: 0 };
    vec![tokio::spawn(async move { buzzer.run().await }).await.unwrap().to_string()]
}
