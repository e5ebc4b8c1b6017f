//! Generic actors and messages, conditions, and paths.

use std::fmt::Debug;

use traced_actor::testkit::{self, assert_tree};
use traced_actor::traced_actor;

use crate::caused;

#[traced_actor(kameo)]
#[derive(Default, kameo::Actor)]
struct Store<T: Send + 'static>
where
    T: Debug,
{
    items: Vec<T>,
}

#[traced_actor]
#[traced(fields(?item))]
struct Put<T: Debug> {
    item: T,
}

#[traced_actor(kameo)]
impl<T: Send + Debug + 'static> kameo::message::Message<Put<T>> for Store<T> {
    type Reply = Result<usize, String>;

    async fn handle(
        &mut self,
        Put { item }: Put<T>,
        _: &mut kameo::message::Context<Self, Self::Reply>,
    ) -> Result<usize, String> {
        if self.items.len() == 1 {
            return Err("full".into());
        }
        self.items.push(item);
        Ok(self.items.len())
    }
}

struct Len;

#[traced_actor(kameo)]
impl<T> kameo::message::Message<Len> for Store<T>
where
    T: Send + Debug + 'static,
{
    type Reply = usize;

    async fn handle(&mut self, _: Len, _: &mut kameo::message::Context<Self, usize>) -> usize {
        self.items.len()
    }
}

#[cfg(any())]
#[traced_actor(kameo)]
impl<T> kameo::message::Message<Nowhere> for Store<T> {}

#[tokio::test]
async fn an_actor_with_parameters() {
    use kameo::actor::Spawn;

    let spans = testkit::record();
    let (words, numbers) = (Store::spawn(Store::default()), Store::spawn(Store::default()));
    caused(async {
        words.ask(Put { item: "one" }).await.unwrap();
        numbers.ask(Put { item: 2 }).await.unwrap();
        words.ask(Put { item: "two" }).await.unwrap_err();
        words.ask(Len).await.unwrap();
        numbers.ask(Len).await.unwrap();
    })
    .await;
    spans.ended("Store/Len", 2).await;
    assert_tree!(
        spans,
        r#"
        Cause/Cause
          2 × Store/Len
          Store/Put item="2"
          Store/Put item="\"one\""
          Store/Put item="\"two\"" error="full"
        "#
    );
}
