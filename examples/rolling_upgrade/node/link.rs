//! The sending end: a connection to each peer, made again when the peer is restarted.

use std::collections::VecDeque;
use std::io::Result;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use super::frame::{self, Frames};
use super::outbox::Outbox;
use super::{Release, Stop, stopped};

/// The maximum number of unanswered messages.
const WINDOW: usize = 32;
/// The time after which a message is sent again if the peer has not taken it.
const AGAIN: Duration = Duration::from_millis(20);

/// The messages of one node to another.
pub(crate) struct Link<R: Release> {
    pub(crate) release: Arc<R>,
    pub(crate) me: u8,
    pub(crate) peer: u8,
    pub(crate) outbox: Arc<Outbox<R::Held>>,
    /// The number of unanswered messages.
    pub(crate) unanswered: Arc<AtomicUsize>,
}

/// The sent messages, each with the number under which it is answered.
type Sent<H> = VecDeque<(u32, H)>;

impl<R: Release> Link<R> {
    /// Runs until all messages are sent, or until `given_up`. Messages that were not taken are in the outbox then.
    pub(crate) async fn run(
        self,
        mut address: watch::Receiver<Option<SocketAddr>>,
        mut last: Stop,
        mut given_up: Stop,
    ) {
        loop {
            let known = *address.borrow_and_update();
            if let Some(known) = known {
                // After any error, the messages that were not taken are in the outbox, and the peer will be announced
                // again.
                self.connect(known, last.clone(), given_up.clone()).await.ok();
            }
            tokio::select! {
                () = stopped(&mut given_up) => return,
                () = stopped(&mut last), if self.outbox.is_empty() => return,
                changed = address.changed() => if changed.is_err() { return },
            }
        }
    }

    async fn connect(&self, address: SocketAddr, last: Stop, mut given_up: Stop) -> Result<()> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let mut sent = VecDeque::new();
        let mut untaken = Vec::new();
        let result = tokio::select! {
            result = self.send(stream, last, &mut sent, &mut untaken) => result,
            () = stopped(&mut given_up) => Ok(()),
        };
        self.outbox.put_back(untaken.into_iter().chain(sent.into_iter().map(|(_, held)| held)));
        self.unanswered.store(0, Relaxed);
        result
    }

    async fn send(
        &self,
        stream: TcpStream,
        mut last: Stop,
        sent: &mut Sent<R::Held>,
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
        let mut number = 0_u32;
        loop {
            self.unanswered.store(sent.len() + untaken.len(), Relaxed);
            let all_taken = sent.is_empty() && untaken.is_empty() && self.outbox.is_empty();
            tokio::select! {
                frame = frames.next() => match frame? {
                    Some((frame::TAKEN, bytes)) => {
                        if answered(sent, &bytes).is_some() {
                            self.release.taken(&peer);
                        }
                    }
                    Some((frame::NOT_NOW, bytes)) => {
                        untaken.extend(answered(sent, &bytes));
                        again = Instant::now() + AGAIN;
                    }
                    Some((frame::UNREADABLE, bytes)) => {
                        // It reports each sent message once, or has nothing to report.
                        if let Some(held) = answered(sent, &bytes) {
                            untaken.push(held);
                            again = Instant::now() + self.release.unread(&peer);
                        }
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
                            number = number.wrapping_add(1);
                            sent.push_back((number, held));
                            let numbered = [&number.to_le_bytes()[..], &bytes].concat();
                            frame::write(&mut stream, frame::MESSAGE, &numbered).await?;
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

/// Returns the message that an answer is about, or `None` if there is none or it was answered before.
fn answered<H>(sent: &mut Sent<H>, answer: &[u8]) -> Option<H> {
    let (number, _) = frame::numbered(answer)?;
    let at = sent.iter().position(|(sent, _)| *sent == number)?;
    sent.remove(at).map(|(_, held)| held)
}

#[test]
fn an_answer_is_about_its_own_message_and_counts_once() {
    let mut sent: Sent<&str> = [(1, "a"), (2, "b"), (3, "c")].into();
    let answer = |number: u32| number.to_le_bytes();
    assert_eq!(answered(&mut sent, &answer(2)), Some("b"));
    for _ in 0..50 {
        assert_eq!(answered(&mut sent, &answer(2)), None);
    }
    for nonsense in [&[][..], &[1], &answer(0), &answer(u32::MAX)] {
        assert_eq!(answered(&mut sent, nonsense), None);
    }
    assert_eq!(Vec::from(sent), [(1, "a"), (3, "c")]);
}
