//! An actor that the library runs (`spawn`), and the same loop written by hand: it can be stopped, and a handler that
//! panics does not take the task down silently.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures_util::FutureExt as _;
use tokio::sync::{oneshot, watch};
use tokio::time::timeout;
use traced_actor::context::MessageContext;
use traced_actor::{Envelope, spawn, traced_actor};
use traced_actor_benches::{Contestant, timed};

use super::{CAPACITY, Text, runtime, stored, text};

const LONG: Duration = Duration::from_secs(60);

#[traced_actor]
enum Message {
    Post { channel: u64, text: Text },
    Count { respond_to: oneshot::Sender<u64> },
}

impl Message {
    fn post(number: u64) -> Self {
        Self::Post { channel: number, text: text(number) }
    }
}

struct Bare {
    posts: u64,
}

impl Bare {
    async fn handle_message(&mut self, message: Message) {
        match message {
            Message::Post { channel, text } => self.posts += stored(channel, &text).await & 1,
            Message::Count { respond_to } => drop(respond_to.send(self.posts)),
        }
    }
}

struct Traced {
    posts: u64,
}

#[traced_actor]
impl Traced {
    async fn handle_message(&mut self, message: Message) {
        match message {
            Message::Post { channel, text } => self.posts += stored(channel, &text).await & 1,
            Message::Count { respond_to } => drop(respond_to.send(self.posts)),
        }
    }
}

/// The loop of `spawn`, without tracing.
async fn run(
    mut actor: Bare,
    mut mailbox: tokio::sync::mpsc::Receiver<Message>,
    mut stop: watch::Receiver<bool>,
) {
    let mut stopping = false;
    loop {
        let message = tokio::select! {
            biased;
            Ok(_) = stop.wait_for(|stop| *stop), if !stopping => {
                stopping = true;
                mailbox.close();
                continue;
            }
            message = mailbox.recv() => message,
        };
        let Some(message) = message else { return };
        if AssertUnwindSafe(actor.handle_message(message)).catch_unwind().await.is_err() {
            return;
        }
    }
}

pub(crate) fn traced() -> Contestant {
    let runtime = runtime();
    let guild = runtime.block_on(async { spawn(Traced { posts: 0 }, CAPACITY) });
    timed(move |posts| {
        runtime.block_on(async {
            for number in 0..posts {
                let post = Envelope::new(Message::post(number), MessageContext::UNSAMPLED);
                guild.cast_envelope(post).await.expect("the guild runs");
            }
            let (respond_to, count) = oneshot::channel();
            guild.cast(Message::Count { respond_to }).await.expect("the guild runs");
            count.await.expect("the guild answers")
        });
    })
}

pub(crate) fn bare() -> Contestant {
    let runtime = runtime();
    let (guild, receiver) = tokio::sync::mpsc::channel(CAPACITY);
    let (stop, stopped) = watch::channel(false);
    runtime.spawn(run(Bare { posts: 0 }, receiver, stopped));
    timed(move |posts| {
        let _stop = &stop;
        runtime.block_on(async {
            for number in 0..posts {
                guild.send(Message::post(number)).await.expect("the guild runs");
            }
            let (respond_to, count) = oneshot::channel();
            guild.send(Message::Count { respond_to }).await.expect("the guild runs");
            count.await.expect("the guild answers")
        });
    })
}

/// Sends calls with `ActorRef::call`, from an unsampled caller.
pub(crate) fn traced_calls() -> Contestant {
    let runtime = runtime_with_time();
    let guild = runtime.block_on(async { spawn(Traced { posts: 0 }, CAPACITY) });
    timed(move |calls| {
        let calls = async {
            for _ in 0..calls {
                guild
                    .call(LONG, |respond_to| Message::Count { respond_to })
                    .await
                    .expect("the guild answers");
            }
        };
        let (respond_to, _) = oneshot::channel();
        let (_, mut handling) =
            Envelope::new(Message::Count { respond_to }, MessageContext::UNSAMPLED).open();
        runtime.block_on(handling.run(calls));
    })
}

pub(crate) fn bare_calls() -> Contestant {
    let runtime = runtime_with_time();
    let (guild, receiver) = tokio::sync::mpsc::channel(CAPACITY);
    let (stop, stopped) = watch::channel(false);
    runtime.spawn(run(Bare { posts: 0 }, receiver, stopped));
    timed(move |calls| {
        let _stop = &stop;
        runtime.block_on(async {
            for _ in 0..calls {
                let call = async {
                    let (respond_to, count) = oneshot::channel();
                    guild.send(Message::Count { respond_to }).await.expect("the guild runs");
                    count.await.expect("the guild answers")
                };
                timeout(LONG, call).await.expect("it takes no minute");
            }
        });
    })
}

fn runtime_with_time() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime of one thread")
}
