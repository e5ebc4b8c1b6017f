//! A message's span says whether it was cast or called: `actor.message.mode` is `cast` or `call`.

use std::time::Duration;

use traced_actor::sync::{mpsc, oneshot};
use traced_actor::testkit::{self, Spans};
use traced_actor::{TracedExt, spawn, traced_actor};

#[traced_actor]
enum Message {
    Post,
    Count(oneshot::Sender<u64>),
    Find {
        respond_to: Option<oneshot::Sender<bool>>,
    },
    #[traced(link)]
    Note(String),
}

struct Guild(u64);

#[traced_actor]
impl Guild {
    fn handle_message(&mut self, message: Message) {
        match message {
            Message::Post => self.0 += 1,
            Message::Count(reply) => drop(reply.send(self.0)),
            Message::Find { respond_to: Some(reply) } => drop(reply.send(true)),
            Message::Find { respond_to: None } => {}
            Message::Note(text) => drop(text),
        }
    }
}

fn mode(spans: &Spans, name: &str) -> String {
    spans.named(name)[0].attribute("actor.message.mode").expect("it is a message's span").to_string()
}

#[tokio::test]
async fn of_an_actor() {
    let spans = testkit::record();
    let guild = spawn(Guild(0), 8);
    guild.cast(Message::Post).await.unwrap();
    guild.cast(Message::Note("so".into())).await.unwrap();
    assert_eq!(guild.call(Duration::from_secs(60), Message::Count).await.unwrap(), 1);
    let find = |reply| Message::Find { respond_to: Some(reply) };
    assert!(guild.call(Duration::from_secs(60), find).await.unwrap());
    guild.join().await.unwrap();
    for (name, expected) in
        [("Guild/Post", "cast"), ("Guild/Note", "cast"), ("Guild/Count", "call"), ("Guild/Find", "call")]
    {
        assert_eq!(mode(&spans, name), expected, "{name}");
    }
}

/// In a loop without a handler, of a type without the attribute, and below a sender.
#[tokio::test]
async fn of_a_loop() {
    let spans = testkit::record();
    let (sender, mut receiver) = mpsc::channel(2);
    let (words, mut heard) = mpsc::channel_named_by_type(1);
    let (reply, replied) = oneshot::channel();
    sender.send(Message::Count(reply)).await.unwrap();
    async {
        if let Some(Message::Count(reply)) = receiver.recv().await {
            words.send("seven").await.unwrap();
            reply.send(7).unwrap();
        }
        heard.recv().await.unwrap();
        drop((receiver, heard));
    }
    .traced()
    .await;
    assert_eq!(replied.await, Ok(7));
    let modes: Vec<String> =
        spans.all().iter().map(|span| span.attribute("actor.message.mode").unwrap().to_string()).collect();
    assert_eq!(modes.len(), 2);
    assert!(modes.contains(&"call".to_owned()) && modes.contains(&"cast".to_owned()), "{modes:?}");
}
