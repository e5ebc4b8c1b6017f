//! The strict crate's actors run.

use ta::sync::{mpsc, oneshot};
use traced_actor_user::{documented, generic, pinned, raw, without_prelude};

#[tokio::test]
async fn the_documented_actor_counts() {
    let (sender, receiver) = mpsc::channel(4);
    let (respond_to, count) = oneshot::channel();
    let post = documented::Message::Post { channel: 1, recipients: vec![2, 3], text: "hi".to_owned() };
    sender.send(post).await.unwrap();
    sender.send(documented::Message::Tick).await.unwrap();
    sender.send(documented::Message::Count { respond_to }).await.unwrap();
    drop(sender);
    assert_eq!(documented::Guild::new(receiver).run().await.unwrap(), 1);
    assert_eq!(count.await, Ok(1));
}

#[tokio::test]
async fn the_generic_actor_takes_what_it_borrows() {
    let text = String::from("three");
    let (sender, receiver) = mpsc::channel(4);
    sender.send(generic::Message::Text { text: &text }).await.unwrap();
    sender.send(generic::Message::Items([1, 2, 3])).await.unwrap();
    drop(sender);
    assert_eq!(generic::Actor::new(receiver).run().await, (5, 3));
}

#[tokio::test]
async fn raw_identifiers_keep_their_names() {
    use ta::Message as _;
    assert_eq!(raw::Type::Match { r#fn: String::new() }.kind().name(), "Match");
    let (sender, receiver) = mpsc::channel(4);
    sender.send(raw::Type::Match { r#fn: "call".to_owned() }).await.unwrap();
    drop(sender);
    assert_eq!(raw::Actor::r#loop(receiver).await, 1);
}

#[tokio::test]
async fn the_actor_without_a_prelude_adds() {
    let (sender, receiver) = mpsc::channel(4);
    sender.send(without_prelude::Message::Add { n: 1, m: 2 }).await.unwrap();
    drop(sender);
    assert_eq!(without_prelude::Actor::new(receiver).run().await, 3);
}

#[test]
fn what_was_retired_is_read() {
    use tw::{Codec, codec::Json, versions::AtSchema};
    let read = |text: &str| Json.read::<pinned::Message<u8>>(text.as_bytes()).unwrap();
    let sum = read(r#"{"Add":7}"#);
    assert!(matches!(&sum, pinned::Message::Sum { numbers, whom: None } if numbers == &[7]));
    assert_eq!(Json.write(&AtSchema::new(&sum, 0)).unwrap(), br#"{"Add":7}"#);
    assert_eq!(Json.write(&sum).unwrap(), br#"{"Sum":{"numbers":[7],"whom":null}}"#);
    assert!(matches!(read(r#""Reset""#), pinned::Message::Tick));
}
