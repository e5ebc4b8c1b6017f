//! Actors as people write them, sloppy here and there. `strict_user` asks clippy for everything that it has against this
//! crate, with the attribute and without.

#![cfg_attr(not(lints), allow(warnings, reason = "who builds the workspace is not to read about it"))]

use tokio::time::Instant;
use traced_actor::sync::{mpsc, oneshot};
#[cfg(feature = "traced")]
use traced_actor::traced_actor;

/// A message.
#[cfg_attr(feature = "traced", traced_actor)]
#[derive(Debug)]
pub enum Message {
    /// One.
    Tick,
    /// Two.
    Post {
        /// Its text.
        text: String,
        /// The recipients.
        to: Vec<u64>,
    },
    /// Three.
    #[cfg_attr(feature = "traced", traced(skip))]
    Count(oneshot::Sender<usize>),
}

/// A request.
#[cfg_attr(feature = "traced", traced_actor)]
#[derive(Debug)]
pub struct Request {
    /// A number.
    pub number: u64,
}

/// A clock.
#[derive(Debug)]
pub struct Clock {
    /// Its mailbox.
    inbox: mpsc::Receiver<Message>,
    /// The number of messages.
    count: usize,
}

/// An error.
#[derive(Debug)]
pub struct Failed;

#[cfg_attr(feature = "traced", traced_actor)]
impl Clock {
    /// Runs.
    ///
    /// # Errors
    ///
    /// Never.
    pub async fn run(mut self) -> Result<usize, Failed> {
        while let Some(message) = self.inbox.recv().await {
            self.handle_message(message).await?;
        }
        Ok(self.count)
    }
    /// Handles.
    async fn handle_message(&mut self, message: Message) -> Result<(), Failed> {
        match message {
            Message::Tick => self.count += 1,
            Message::Post { text, to } => {
                if text.is_empty() || to.is_empty() {
                    return Err(Failed);
                }
                tokio::task::yield_now().await;
            }
            Message::Count(reply) => {
                let _ = reply.send(self.count);
            }
        }
        Ok(())
    }
}

/// A sync one.
#[derive(Debug)]
pub struct Desk<T> {
    /// What.
    pub state: T,
}

#[cfg_attr(feature = "traced", traced_actor)]
impl<T: Clone + Send + 'static> Desk<T> {
    /// Serves.
    pub fn serve(&mut self, request: Request, now: Instant) -> bool {
        drop(request);
        let later = now + core::time::Duration::from_secs(1);
        later > now
    }
}

/// Ticks.
#[must_use]
#[cfg_attr(feature = "traced", traced_actor)]
pub fn tick(request: Request) -> u64 {
    request.number.wrapping_add(1)
}

/// Free.
#[cfg_attr(feature = "traced", traced_actor)]
pub async fn run(mut inbox: mpsc::Receiver<Message>, mut unused_async: u8) -> u8 {
    while let Some(message) = inbox.recv().await {
        if matches!(message, Message::Tick) {
            unused_async += 1;
        }
    }
    unused_async
}

/// Without an await.
#[cfg_attr(feature = "traced", traced_actor)]
pub async fn never_awaits(request: Request) -> u64 {
    request.number
}

/// Private.
struct Quiet;
#[cfg_attr(feature = "traced", traced_actor)]
impl Quiet {
    /// Runs the loop on a thread.
    fn run_thread(self, inbox: traced_actor_channels::flume::Receiver<Request>, name: &String) {
        while let Ok(request) = inbox.recv() {
            self.on(request);
        }
        drop(name.clone());
    }
    /// On.
    fn on(&self, request: Request) {
        drop(request);
    }
}

/// A request of a session.
#[cfg_attr(feature = "traced", traced_actor)]
#[cfg_attr(feature = "traced", traced(kind = inner, fields(session)))]
#[derive(Debug)]
pub struct Wrapped {
    /// The session that asks.
    pub session: u64,
    /// The request.
    pub inner: Request,
}

/// A service of somebody's.
trait Service {
    /// Serves.
    fn serve(&mut self);
}

/// A desk with a mailbox.
struct Counter {
    /// Its mailbox.
    inbox: mpsc::Receiver<Wrapped>,
    /// The number of messages.
    n: usize,
}

impl Service for Counter {
    #[cfg_attr(feature = "traced", traced_actor)]
    fn serve(&mut self) {
        let count = 3 as usize;
        while let Some(_wrapped) = self.inbox.blocking_recv() {
            self.n = self.n + count;
        }
    }
}

/// A service that answers.
trait Answers {
    /// Counts.
    fn count(&mut self) -> usize;
    /// Counts later.
    async fn count_later(&mut self) -> usize;
    /// Counts for nothing.
    fn count_silently(&mut self);
}

impl Answers for Counter {
    #[cfg_attr(feature = "traced", traced_actor)]
    fn count(&mut self) -> usize {
        while let Some(_wrapped) = self.inbox.blocking_recv() {}
        return self.n;
    }

    #[cfg_attr(feature = "traced", traced_actor)]
    async fn count_later(&mut self) -> usize {
        while let Some(_wrapped) = self.inbox.recv().await {
            if self.n > 3 as usize {
                return self.n;
            }
        }
        return self.n + 1;
    }

    #[cfg_attr(feature = "traced", traced_actor)]
    fn count_silently(&mut self) {
        for _try in 0..3 {
            let _ = self.inbox.try_recv();
        }
        return;
    }
}

#[cfg_attr(feature = "traced", traced_actor)]
impl Counter {
    /// Never called.
    async fn run(mut self, limit: Option<Option<u8>>) -> Result<(), String> {
        while let Ok(wrapped) = self.next().await {
            self.on(Some(wrapped)).await.map_err(|error| error.to_string())?;
        }
        let _ = limit;
        Ok(())
    }

    /// The next.
    async fn next(&mut self) -> Result<Wrapped, Failed> {
        self.inbox.recv().await.ok_or(Failed)
    }

    /// One.
    async fn on(&mut self, wrapped: Option<Wrapped>) -> Result<u8, std::num::TryFromIntError> {
        let session = wrapped.unwrap().session;
        tokio::task::yield_now().await;
        u8::try_from(session)
    }
}

/// Generic, and never called.
#[cfg_attr(feature = "traced", traced_actor)]
fn generic<T: Into<u64>, const N: usize>(numbers: [T; N], request: Request) -> u64 {
    numbers.into_iter().map(Into::into).sum::<u64>() + request.number
}

#[expect(dead_code)]
#[allow(clippy::needless_pass_by_value, reason = "it is sloppy")]
#[cfg_attr(feature = "traced", traced_actor)]
fn expected(request: Request) {
    println!("{}", request.number);
}

/// A handler that says `return` where nobody asks for it.
#[must_use] // `must_use_candidate` does not look at what takes an `impl Trait`
#[cfg_attr(feature = "traced", traced_actor)]
pub fn says_return(request: Request) -> u64 {
    return request.number;
}

/// The same, as a method and later.
#[cfg_attr(feature = "traced", traced_actor)]
impl Failed {
    /// Says it.
    pub fn handle(&self, request: Request) -> u64 {
        return request.number;
    }
}

/// A loop that does.
#[cfg_attr(feature = "traced", traced_actor)]
pub async fn returning_loop(mut inbox: mpsc::Receiver<Message>) -> u8 {
    while inbox.recv().await.is_some() {}
    return 3;
}

/// A handler that does, and waits.
#[cfg_attr(feature = "traced", traced_actor)]
pub async fn returning_handler(request: Request) -> u64 {
    tokio::task::yield_now().await;
    return request.number;
}

/// A handler that ends with a return of nothing.
#[cfg_attr(feature = "traced", traced_actor)]
pub fn returns_nothing(request: Request) {
    println!("{}", request.number);
    return;
}

/// The same, and waits.
#[cfg_attr(feature = "traced", traced_actor)]
pub async fn returns_nothing_later(request: Request) {
    tokio::task::yield_now().await;
    if request.number > 1 {
        return;
    }
}
