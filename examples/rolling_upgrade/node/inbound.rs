//! The receiving end: connections that other nodes made. Told to, it makes one of the two moments last in which a crash
//! is felt: between an answer and the handling, or between the handling and an answer.

use std::io::{ErrorKind, Result};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU32, Ordering::Relaxed};

use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use super::frame::{self, Frames};
use super::{Release, Stop, Unread, stopped};

/// What a node does not come to any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stalled {
    /// What it has taken and said so.
    Handling = 1,
    /// The answers to what it has handled.
    Answers = 2,
}

/// Whether it has come to a standstill, and with how many messages.
#[derive(Debug, Default)]
pub(crate) struct Stall {
    what: AtomicU8,
    messages: AtomicU32,
}

/// So many messages are worth a crash.
const ENOUGH: u32 = 20;

impl Stall {
    pub(crate) fn begin(&self, what: Stalled) {
        self.what.store(what as u8, Relaxed);
    }

    /// Whether a message is stopped here. Said when enough are.
    fn is(&self, what: Stalled) -> bool {
        let is = self.what.load(Relaxed) == what as u8;
        if is && self.messages.fetch_add(1, Relaxed) + 1 == ENOUGH {
            println!("stalled");
        }
        is
    }
}

/// Takes connections until the node stops; then until their peers have sent what was under way.
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
                        // As a mailbox that is long would keep it.
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
