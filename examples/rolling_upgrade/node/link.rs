//! The sending end: a connection to each peer, made again when the peer comes back.

use std::collections::VecDeque;
use std::io::Result;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use super::frame::{self, Frames};
use super::outbox::Outbox;
use super::{Release, Stop, stopped};

/// Messages that were sent and not answered yet.
const WINDOW: usize = 32;
/// When a message that was not taken is sent again.
const AGAIN: Duration = Duration::from_millis(20);

/// One node's messages to another.
pub(crate) struct Link<R: Release> {
    pub(crate) release: Arc<R>,
    pub(crate) me: u8,
    pub(crate) peer: u8,
    pub(crate) outbox: Arc<Outbox<R::Held>>,
}

impl<R: Release> Link<R> {
    /// Until all is sent that there will ever be.
    pub(crate) async fn run(self, mut address: watch::Receiver<Option<SocketAddr>>, mut last: Stop) {
        loop {
            let known = *address.borrow_and_update();
            if let Some(known) = known {
                // Whatever went wrong: what was not taken is in the outbox, and the peer will be announced again.
                self.connect(known, last.clone()).await.ok();
            }
            tokio::select! {
                () = stopped(&mut last), if self.outbox.is_empty() => return,
                changed = address.changed() => if changed.is_err() { return },
            }
        }
    }

    async fn connect(&self, address: SocketAddr, last: Stop) -> Result<()> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let mut sent = VecDeque::new();
        let mut untaken = Vec::new();
        let result = self.send(stream, last, &mut sent, &mut untaken).await;
        self.outbox.put_back(untaken.into_iter().chain(sent));
        result
    }

    async fn send(
        &self,
        stream: TcpStream,
        mut last: Stop,
        sent: &mut VecDeque<R::Held>,
        untaken: &mut Vec<R::Held>,
    ) -> Result<()> {
        let (frames, mut stream) = stream.into_split();
        let mut frames = Frames::new(frames);
        let peer = self.release.meet(self.peer);
        frame::write(&mut stream, frame::NAME, &[self.me]).await?;
        if let Some((kind, bytes)) = self.release.greeting() {
            frame::write(&mut stream, kind, &bytes).await?;
        }
        let mut done = false;
        let mut again = Instant::now();
        loop {
            let all_taken = sent.is_empty() && untaken.is_empty() && self.outbox.is_empty();
            tokio::select! {
                frame = frames.next() => match frame? {
                    Some((frame::TAKEN, _)) => drop(sent.pop_front()),
                    Some((frame::NOT_NOW, _)) => {
                        untaken.extend(sent.pop_front());
                        again = Instant::now() + AGAIN;
                    }
                    Some((frame::GOING, _)) => {
                        done = true;
                        stream.shutdown().await?;
                    }
                    Some((kind, bytes)) => self.release.other(&peer, kind, &bytes),
                    None => return Ok(()),
                },
                held = self.outbox.pop(), if !done && sent.len() < WINDOW => {
                    match self.release.encode(&peer, &held) {
                        Ok(bytes) => {
                            sent.push_back(held);
                            frame::write(&mut stream, frame::MESSAGE, &bytes).await?;
                        }
                        Err(error) => {
                            super::failed(&error);
                            untaken.push(held);
                            again = Instant::now() + AGAIN;
                        }
                    }
                }
                () = sleep_until(again), if !untaken.is_empty() => {
                    untaken.drain(..).for_each(|held| self.outbox.push(held));
                }
                () = stopped(&mut last), if !done && all_taken => {
                    done = true;
                    stream.shutdown().await?;
                }
            }
        }
    }
}
