//! kameo's `#[messages]`, which makes a message of each method.

use kameo::prelude::*;
use traced_actor::testkit::{self, assert_tree};
use traced_actor::traced_actor;

use crate::caused;

#[traced_actor(kameo)]
#[derive(Actor)]
struct Counter {
    count: i64,
}

#[traced_actor(kameo)]
#[messages]
impl Counter {
    /// Is no message.
    fn doubled(&self) -> i64 {
        2 * self.count
    }

    /// Adds.
    #[message(derive(Clone, Debug), traced_actor, traced(fields(amount)))]
    fn add_to_it(&mut self, amount: i64, _why: String) -> i64 {
        self.count += amount;
        self.count
    }

    #[message]
    async fn count(&self) -> i64 {
        tokio::task::yield_now().await;
        self.doubled() / 2
    }

    #[message(ctx)]
    fn stop(&mut self, ctx: &mut Context<Self, Result<(), String>>) -> Result<(), String> {
        ctx.stop();
        Err("stopped".into())
    }

    #[message(ctx = context)]
    fn forward(&mut self, to: i64, context: &mut Context<Self, DelegatedReply<i64>>) -> DelegatedReply<i64> {
        let (delegated, sender) = context.reply_sender();
        if let Some(sender) = sender {
            sender.send(to + self.count);
        }
        delegated
    }

    #[cfg(any())]
    #[message]
    fn never(&self, of: Nothing) {}
}

#[traced_actor(kameo)]
#[derive(Actor)]
struct Store<T: Send + 'static> {
    items: Vec<T>,
}

#[traced_actor(kameo)]
#[kameo::messages]
impl<T> Store<T>
where
    T: Send + 'static,
{
    #[message]
    fn put(&mut self, item: T) -> usize {
        self.items.push(item);
        self.items.len()
    }

    #[message]
    fn put_all<const N: usize>(&mut self, items: [T; N]) -> usize {
        self.items.extend(items);
        self.items.len()
    }
}

#[tokio::test]
async fn each_is_handled_in_a_span() {
    let spans = testkit::record();
    let counter = Counter::spawn(Counter { count: 1 });
    caused(async {
        let add = AddToIt { amount: 2, _why: "test".into() };
        counter.tell(add.clone()).await.unwrap();
        assert_eq!(counter.ask(Count).await.unwrap(), 3);
        assert_eq!(counter.ask(Forward { to: 4 }).await.unwrap(), 7);
        assert!(counter.ask(Stop).await.is_err());
    })
    .await;
    counter.wait_for_shutdown().await;
    assert_tree!(
        spans,
        r#"
        Cause/Cause
          Counter/AddToIt amount=2
          Counter/Count
          Counter/Forward
          Counter/Stop error="stopped"
        "#
    );
}

#[tokio::test]
async fn of_a_generic_actor() {
    let spans = testkit::record();
    let store = Store::spawn(Store { items: vec![0_u8] });
    caused(async {
        assert_eq!(store.ask(Put { item: 1 }).await.unwrap(), 2);
        assert_eq!(store.ask(PutAll { items: [1, 2] }).await.unwrap(), 4);
    })
    .await;
    assert_tree!(
        spans,
        "
        Cause/Cause
          Store/Put
          Store/PutAll
        "
    );
}
