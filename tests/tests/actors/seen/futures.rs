//! Handlers that are not `async` and return a future.

use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, LocalBoxFuture};
use futures_util::stream::{FuturesUnordered, StreamExt};
use traced_actor::sync::mpsc;
use traced_actor::{testkit, traced_actor};

use super::{Note, check, check_notes, sent};

#[traced_actor]
pub(crate) enum Bid {
    Raise,
    Pass,
}

fn bids() -> Vec<Bid> {
    vec![Bid::Raise, Bid::Pass]
}

/// The work of all of them: it waits, then sends.
async fn work(notes: mpsc::Sender<Note>, bid: Bid) -> Result<(), &'static str> {
    tokio::task::yield_now().await;
    notes.send(Note).await.ok();
    match bid {
        Bid::Raise => Ok(()),
        Bid::Pass => Err("passed"),
    }
}

type Work<'a> = Pin<Box<dyn Future<Output = Result<(), &'static str>> + Send + 'a>>;
type LocalWork<'a> = Pin<Box<dyn Future<Output = Result<(), &'static str>> + 'a>>;
type SharedWork<'a> = Pin<Box<dyn Future<Output = Result<(), &'static str>> + Send + Sync + 'a>>;

macro_rules! returns {
    ($test:ident, $actor:ident, $($handler:tt)*) => {
        mod $test {
            use super::*;

            pub(super) struct $actor {
                pub(super) notes: mpsc::Sender<Note>,
            }

            #[traced_actor]
            impl $actor {
                pub(super) async fn run(mut self, mut bids: mpsc::Receiver<Bid>) {
                    while let Some(bid) = bids.recv().await {
                        self.on_bid(bid).await.ok();
                    }
                }

                $($handler)*
            }
        }

        #[tokio::test]
        async fn $test() {
            let (notes, mut noted) = mpsc::channel(8);
            $test::$actor { notes }.run(sent(bids()).await).await;
            check(stringify!($actor), &[("Raise", None), ("Pass", Some("passed"))]);
            check_notes(&mut noted, 2);
        }
    };
}

returns!(
    a_future_that_borrows,
    Borrows,
    fn on_bid(&mut self, bid: Bid) -> impl Future<Output = Result<(), &'static str>> {
        async move { work(self.notes.clone(), bid).await }
    }
);
returns!(
    a_future_that_owns,
    Owns,
    fn on_bid(&mut self, bid: Bid) -> impl Future<Output = Result<(), &'static str>> + Send + use<> {
        work(self.notes.clone(), bid)
    }
);
returns!(
    a_pinned_box,
    Pinned,
    fn on_bid(&mut self, bid: Bid) -> Pin<Box<dyn Future<Output = Result<(), &'static str>> + Send + '_>> {
        Box::pin(work(self.notes.clone(), bid))
    }
);
returns!(
    what_async_trait_writes,
    Desugared,
    fn on_bid<'life0, 'async_trait>(
        &'life0 mut self,
        bid: Bid,
    ) -> Pin<Box<dyn Future<Output = Result<(), &'static str>> + Send + 'async_trait>>
    where
        'life0: 'async_trait,
        Self: 'async_trait,
    {
        Box::pin(async move { work(self.notes.clone(), bid).await })
    }
);
returns!(
    a_box_of_futures_name,
    Shortened,
    fn on_bid(&mut self, bid: Bid) -> BoxFuture<'_, Result<(), &'static str>> {
        work(self.notes.clone(), bid).boxed()
    }
);
returns!(
    a_box_that_stays_on_its_thread,
    Local,
    fn on_bid(&mut self, bid: Bid) -> LocalBoxFuture<'static, Result<(), &'static str>> {
        let notes = Rc::new(self.notes.clone());
        async move { work((*notes).clone(), bid).await }.boxed_local()
    }
);
// The macro sees no future here. The type tells.
returns!(
    a_box_of_the_users_name,
    Aliased,
    fn on_bid(&mut self, bid: Bid) -> Work<'_> {
        Box::pin(work(self.notes.clone(), bid))
    }
);
returns!(
    a_local_box_of_the_users_name,
    AliasedLocal,
    fn on_bid(&mut self, bid: Bid) -> LocalWork<'_> {
        Box::pin(work(self.notes.clone(), bid))
    }
);

struct Shared {
    notes: mpsc::Sender<Note>,
}

#[traced_actor]
impl Shared {
    async fn run(self, mut bids: mpsc::Receiver<Bid>) {
        while let Some(bid) = bids.recv().await {
            self.on_bid(bid).await.ok();
        }
    }

    fn on_bid(&self, bid: Bid) -> SharedWork<'static> {
        let (done, result) = tokio::sync::oneshot::channel();
        let work = work(self.notes.clone(), bid);
        Box::pin(async move {
            traced_actor::task::spawn(async move { done.send(work.await) });
            result.await.unwrap()
        })
    }
}

#[tokio::test]
async fn a_box_that_threads_share() {
    let (notes, mut noted) = mpsc::channel(8);
    Shared { notes }.run(sent(bids()).await).await;
    check("Shared", &[("Raise", None), ("Pass", Some("passed"))]);
    check_notes(&mut noted, 2);
}

/// An actor that keeps the futures, and runs them when the mailbox is empty. `None` is not a message.
struct Keeps {
    notes: mpsc::Sender<Note>,
}

#[traced_actor]
impl Keeps {
    async fn run(self, mut bids: mpsc::Receiver<Bid>) -> usize {
        let kept = FuturesUnordered::new();
        while let Some(bid) = bids.recv().await {
            kept.push(self.on_bid(Some(bid)));
        }
        kept.push(self.on_bid(None));
        kept.count().await
    }

    fn on_bid(&self, bid: Option<Bid>) -> impl Future<Output = Result<(), &'static str>> + use<> {
        let notes = self.notes.clone();
        async move {
            match bid {
                Some(bid) => work(notes, bid).await,
                None => Ok(()),
            }
        }
    }
}

#[tokio::test]
async fn a_future_that_is_kept() {
    let (notes, mut noted) = mpsc::channel(8);
    assert_eq!(Keeps { notes }.run(sent(bids()).await).await, 3);
    check("Keeps", &[("Raise", None), ("Pass", Some("passed"))]);
    check_notes(&mut noted, 2);
}

/// An actor whose handler sends before it has a future: that is its work, too.
struct SendsFirst {
    notes: mpsc::Sender<Note>,
}

#[traced_actor]
impl SendsFirst {
    async fn run(self, mut bids: mpsc::Receiver<Bid>) {
        while let Some(bid) = bids.recv().await {
            self.on_bid(bid).await;
        }
    }

    fn on_bid(&self, _: Bid) -> impl Future<Output = ()> + use<> {
        self.notes.try_send(Note).unwrap();
        std::future::ready(())
    }
}

#[tokio::test]
async fn what_comes_before_the_future() {
    let (notes, mut noted) = mpsc::channel(8);
    SendsFirst { notes }.run(sent(bids()).await).await;
    check("SendsFirst", &[("Raise", None), ("Pass", None)]);
    check_notes(&mut noted, 2);
}

struct NeverPolled;

#[traced_actor]
impl NeverPolled {
    async fn run(self, mut bids: mpsc::Receiver<Bid>) {
        while let Some(bid) = bids.recv().await {
            drop(self.on_bid(bid));
        }
    }

    fn on_bid(&self, _: Bid) -> BoxFuture<'static, ()> {
        Box::pin(std::future::pending())
    }
}

#[tokio::test]
async fn a_future_that_is_never_polled() {
    NeverPolled.run(sent(bids()).await).await;
    check("NeverPolled", &[("Raise", Some("cancelled")), ("Pass", Some("cancelled"))]);
}

/// Actors without their own loop, which `spawn` runs.
macro_rules! spawned {
    ($test:ident, $actor:ident, $($handler:tt)*) => {
        mod $test {
            use super::*;

            pub(super) struct $actor {
                pub(super) notes: mpsc::Sender<Note>,
            }

            #[traced_actor]
            impl $actor {
                $($handler)*
            }
        }

        #[tokio::test]
        async fn $test() {
            testkit::install();
            let (notes, mut noted) = mpsc::channel(8);
            let actor = traced_actor::spawn($test::$actor { notes }, 8);
            crate::seen::in_trace(async {
                for bid in bids() {
                    actor.cast(bid).await.unwrap();
                }
            })
            .await;
            actor.join().await.unwrap();
            check(stringify!($actor), &[("Raise", None), ("Pass", Some("passed"))]);
            check_notes(&mut noted, 2);
        }
    };
}

spawned!(
    spawned_with_a_future,
    SpawnedFuture,
    fn handle_bid(&mut self, bid: Bid) -> impl Future<Output = Result<(), &'static str>> + Send {
        work(self.notes.clone(), bid)
    }
);
spawned!(
    spawned_with_a_box,
    SpawnedBox,
    fn handle_bid(&mut self, bid: Bid) -> BoxFuture<'_, Result<(), &'static str>> {
        work(self.notes.clone(), bid).boxed()
    }
);
spawned!(
    spawned_with_a_box_of_the_users_name,
    SpawnedAlias,
    fn handle_bid(&mut self, bid: Bid) -> Work<'_> {
        Box::pin(work(self.notes.clone(), bid))
    }
);
spawned!(
    spawned_without_a_future,
    SpawnedSync,
    fn handle_bid(&mut self, bid: Bid) -> Result<(), &'static str> {
        self.notes.try_send(Note).unwrap();
        match bid {
            Bid::Raise => Ok(()),
            Bid::Pass => Err("passed"),
        }
    }
);
