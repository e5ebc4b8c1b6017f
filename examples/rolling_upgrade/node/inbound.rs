//! The receiving end: the connections that other nodes made. On request, it extends one of the two moments at which a
//! crash has an effect: between an answer and the handling, or between the handling and an answer.

use std::io::{ErrorKind, Result};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU32, Ordering::Relaxed};

use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use super::frame::{self, Frames};
use super::{Release, Stop, Unread, stopped};

/// The step that a node is stopped before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stalled {
    /// The handling of messages that it has answered.
    Handling = 1,
    /// The answers to messages that it has handled.
    Answers = 2,
}

/// The step that it is stopped before, and the number of messages waiting there.
#[derive(Debug, Default)]
pub(crate) struct Stall {
    what: AtomicU8,
    messages: AtomicU32,
}

/// The number of messages that makes a crash worthwhile.
const ENOUGH: u32 = 20;

impl Stall {
    pub(crate) fn begin(&self, what: Stalled) {
        self.what.store(what as u8, Relaxed);
    }

    /// Returns whether messages are stopped before this step. Reports it when enough are waiting.
    fn is(&self, what: Stalled) -> bool {
        let is = self.what.load(Relaxed) == what as u8;
        if is && self.messages.fetch_add(1, Relaxed) + 1 == ENOUGH {
            println!("stalled");
        }
        is
    }
}

/// Accepts connections until the node stops, and then until the peers have sent the messages in transit.
pub(crate) async fn accept<R: Release>(
    listener: TcpListener,
    release: Arc<R>,
    mailbox: R::Mailbox,
    mut stop: Stop,
    stall: Arc<Stall>,
) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => if let Ok((stream, _)) = accepted {
                let (release, mailbox) = (release.clone(), mailbox.clone());
                let (stop, stall) = (stop.clone(), stall.clone());
                connections.spawn(async move { receive(stream, &*release, mailbox, stop, &stall).await });
            },
            () = stopped(&mut stop) => break,
        }
    }
    drop(listener);
    while connections.join_next().await.is_some() {}
}

async fn receive<R: Release>(
    stream: TcpStream,
    release: &R,
    mailbox: R::Mailbox,
    mut stop: Stop,
    stall: &Stall,
) -> Result<()> {
    stream.set_nodelay(true)?;
    let (frames, mut stream) = stream.into_split();
    let mut frames = Frames::new(frames);
    let Some((frame::NAME, name)) = frames.next().await? else { return Ok(()) };
    let peer = release.meet(*name.first().unwrap_or(&u8::MAX));
    if let Some((kind, bytes)) = release.greeting() {
        frame::write(&mut stream, kind, &bytes).await?;
    }
    let mut told = false;
    loop {
        tokio::select! {
            frame = frames.next() => match frame? {
                Some((frame::MESSAGE, bytes)) => {
                    let Some((number, message)) = frame::numbered(&bytes) else {
                        return Err(ErrorKind::InvalidData.into());
                    };
                    let answer = match release.decode(&peer, message) {
                        // As a long mailbox would keep it.
                        Ok(_) if stall.is(Stalled::Handling) => frame::TAKEN,
                        Ok(held) => {
                            release.deliver(&mailbox, held).await;
                            frame::TAKEN
                        }
                        Err(Unread::Refused) => frame::NOT_NOW,
                        Err(Unread::Invalid(error)) => {
                            super::failed(&error);
                            frame::UNREADABLE
                        }
                    };
                    if !stall.is(Stalled::Answers) {
                        frame::write(&mut stream, answer, &number.to_le_bytes()).await?;
                    }
                }
                Some((kind, bytes)) => release.other(&peer, kind, &bytes),
                None => return Ok(()),
            },
            () = stopped(&mut stop), if !told => {
                told = true;
                frame::write(&mut stream, frame::GOING, &[]).await?;
            }
        }
    }
}
