//! `match recv().await` in a `loop`, and one variant ends it.

use traced_actor::sync::mpsc;

#[traced_actor::traced_actor]
enum Mail {
    Letter(char),
    Stop,
}

#[traced_actor::traced_actor(name = "Sorter")]
async fn sort(mut mail: mpsc::Receiver<Mail>) -> String {
    let mut sorted = String::new();
    loop {
        match mail.recv().await {
            Some(Mail::Letter(letter)) => sorted.push(letter),
            Some(Mail::Stop) | None => break sorted,
        }
    }
}

pub async fn exercise() -> Vec<String> {
    let (sender, mail) = mpsc::channel(4);
    sender.send(Mail::Letter('a')).await.ok().unwrap();
    sender.send(Mail::Stop).await.ok().unwrap();
    vec![tokio::spawn(sort(mail)).await.unwrap()]
}
