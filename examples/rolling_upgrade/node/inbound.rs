//! The receiving end: connections that other nodes made.

use std::io::Result;
use std::sync::Arc;

use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use super::frame::{self, Frames};
use super::{Release, Stop, Unread, stopped};

/// Takes connections until the node stops; then until their peers have sent what was under way.
pub(crate) async fn accept<R: Release>(
    listener: TcpListener,
    release: Arc<R>,
    mailbox: R::Mailbox,
    mut stop: Stop,
) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => if let Ok((stream, _)) = accepted {
                let (release, mailbox, stop) = (release.clone(), mailbox.clone(), stop.clone());
                connections.spawn(async move { receive(stream, &*release, mailbox, stop).await });
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
                    let answer = match release.decode(&peer, &bytes) {
                        Ok(held) => {
                            release.deliver(&mailbox, held).await;
                            frame::TAKEN
                        }
                        Err(Unread::Refused) => frame::NOT_NOW,
                        Err(Unread::Invalid(error)) => {
                            super::failed(&error);
                            frame::NOT_NOW
                        }
                    };
                    frame::write(&mut stream, answer, &[]).await?;
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
