//! One message goes to all members, whose loops are left as they were.

use traced_actor::sync::mpsc;

#[derive(Clone)]
enum Said {
    Said(String),
}

#[traced_actor::traced_actor]
enum Talk {
    Say(String),
}

#[traced_actor::traced_actor(name = "Room", by_type(Said))]
async fn room(mut talk: mpsc::Receiver<Talk>, members: Vec<mpsc::Sender<Said>>) {
    while let Some(Talk::Say(text)) = talk.recv().await {
        for member in &members {
            member.send(Said::Said(text.clone())).await.ok();
        }
    }
}

async fn member(mut said: mpsc::Receiver<Said>) -> String {
    let mut heard = String::new();
    while let Some(Said::Said(text)) = said.recv().await {
        heard.push_str(&text);
    }
    heard
}

pub async fn exercise() -> Vec<String> {
    let (speaker, talk) = mpsc::channel(4);
    let (ends, members): (Vec<_>, Vec<_>) = (0..2).map(|_| mpsc::channel(4)).unzip();
    let members: Vec<_> = members.into_iter().map(|said| tokio::spawn(member(said))).collect();
    speaker.send(Talk::Say("hi".to_owned())).await.ok().unwrap();
    drop(speaker);
    tokio::spawn(room(talk, ends)).await.unwrap();
    let mut heard = Vec::new();
    for member in members {
        heard.push(member.await.unwrap());
    }
    heard
}
