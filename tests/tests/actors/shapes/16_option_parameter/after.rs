//! The handler takes what `recv` gave, and ends the loop at `None`.

use traced_actor::sync::mpsc;

#[traced_actor::traced_actor]
enum Question {
    Ask(u8),
}

struct Desk {
    questions: mpsc::Receiver<Question>,
    asked: u8,
}

#[traced_actor::traced_actor]
impl Desk {
    async fn run(mut self) -> u8 {
        loop {
            let question = self.questions.recv().await;
            if !self.answer(question).await {
                return self.asked;
            }
        }
    }

    async fn answer(&mut self, question: Option<Question>) -> bool {
        let Some(Question::Ask(n)) = question else { return false };
        self.asked += n;
        true
    }
}

pub async fn exercise() -> Vec<String> {
    let (asks, questions) = mpsc::channel(4);
    for n in [1, 4] {
        asks.send(Question::Ask(n)).await.ok().unwrap();
    }
    drop(asks);
    vec![tokio::spawn(Desk { questions, asked: 0 }.run()).await.unwrap().to_string()]
}
