//! The macro finds asynchronous receive loops: each message has exactly one span, in its sender's trace, and messages
//! that its handler sends continue that trace.

use futures_util::StreamExt;
use traced_actor_channels::futures::channel::mpsc as futures_mpsc;
use traced_actor_channels::tokio::sync::broadcast;
use traced_actor_channels::tokio::sync::broadcast::Receiver as Subscriber;
use traced_actor_channels::{async_channel, flume};

use super::*;

#[traced_actor]
#[derive(Clone)]
enum Key {
    Press(u8),
}

/// A piano over this channel, with this loop.
macro_rules! piano {
    ($($test:ident $name:literal $Receiver:ty, $channel:expr; |$sender:ident, $key:ident| $send:expr; { $($run:tt)* })*) => {
        $(mod $test {
            use super::*;

            pub(super) struct Piano {
                pub(super) keys: $Receiver,
                pub(super) notes: mpsc::UnboundedSender<u8>,
            }

            #[traced_actor(name = $name)]
            impl Piano {
                $($run)*

                async fn on_key(&mut self, Key::Press(key): Key) {
                    tokio::task::yield_now().await;
                    self.notes.send(key).ok();
                }
            }
        }

        #[tokio::test]
        async fn $test() {
            let (notes, mut noted) = mpsc::unbounded_channel_named_by_type();
            #[allow(unused_mut)] // some send through `&self`
            let (mut $sender, keys) = $channel;
            let cause = handling(async {
                for n in 1..3 {
                    let $key = Key::Press(n);
                    $send.ok().unwrap();
                }
            })
            .await;
            drop($sender);
            let piano = $test::Piano { keys, notes };
            tokio::spawn(piano.run()).await.unwrap();
            let mut spans = spans($name);
            spans.sort_by_key(|span| span.start);
            assert_eq!(spans.len(), 2, "{spans:#?}");
            assert!(spans.iter().all(|span| span.parent == Some(cause)), "{spans:#?}");
            let mut senders = Vec::new();
            while let Some(note) = noted.recv_envelope().await {
                senders.push(sender_of(&note));
            }
            assert_eq!(senders, [Some(spans[0].context.span_id), Some(spans[1].context.span_id)]);
        })*
    };
}

piano! {
    futures_recv "FuturesPianoRecv" futures_mpsc::Receiver<Key>, futures_mpsc::channel(4);
    |sender, key| sender.send(key).await; {
        pub(super) async fn run(mut self) {
            while let Ok(key) = self.keys.recv().await { self.on_key(key).await; }
        }
    }
    futures_next "FuturesPianoNext" futures_mpsc::UnboundedReceiver<Key>, futures_mpsc::unbounded();
    |sender, key| sender.unbounded_send(key); {
        pub(super) async fn run(mut self) {
            while let Some(key) = self.keys.next().await { self.on_key(key).await; }
        }
    }
    futures_select "FuturesPianoSelect" futures_mpsc::UnboundedReceiver<Key>, futures_mpsc::unbounded();
    |sender, key| sender.send(key).await; {
        pub(super) async fn run(mut self) {
            loop {
                tokio::select! {
                    key = self.keys.recv() => match key {
                        Ok(key) => self.on_key(key).await,
                        Err(_) => break,
                    },
                }
            }
        }
    }
    broadcast_recv "BroadcastPiano" broadcast::Receiver<Key>, broadcast::channel(4);
    |sender, key| sender.send(key); {
        pub(super) async fn run(mut self) {
            loop {
                match self.keys.recv().await {
                    Ok(key) => self.on_key(key).await,
                    Err(broadcast::error::RecvError::Lagged(_)) => {}
                    Err(broadcast::error::RecvError::Closed) => break,
                }
            }
        }
    }
    flume_recv "FlumePiano" flume::Receiver<Key>, flume::bounded(4);
    |sender, key| sender.send_async(key).await; {
        pub(super) async fn run(mut self) {
            while let Ok(key) = self.keys.recv_async().await { self.on_key(key).await; }
        }
    }
    async_channel_recv "AsyncChannelPiano" async_channel::Receiver<Key>, async_channel::bounded(4);
    |sender, key| sender.send(key).await; {
        pub(super) async fn run(mut self) {
            while let Ok(key) = self.keys.recv().await { self.on_key(key).await; }
        }
    }
}

/// A free loop that names the type of a broadcast in its signature.
#[traced_actor(name = "FreeListener")]
async fn listen(mut keys: Subscriber<Key>, notes: mpsc::UnboundedSender<u8>) {
    while let Ok(Key::Press(key)) = keys.recv().await {
        notes.send(key).ok();
    }
}

#[traced_actor(name = "PathListener")]
async fn listen_by_path(
    mut keys: traced_actor_channels::tokio::sync::broadcast::Receiver<Key>,
    notes: mpsc::UnboundedSender<u8>,
) {
    while let Ok(Key::Press(key)) = keys.recv().await {
        notes.send(key).ok();
    }
}

#[tokio::test]
async fn a_broadcast_in_a_signature_is_seen() {
    let (notes, mut noted) = mpsc::unbounded_channel_named_by_type();
    let (sender, first) = broadcast::channel(4);
    let second = sender.subscribe();
    let cause = handling(async { assert_eq!(sender.send(Key::Press(1)).ok(), Some(2)) }).await;
    drop(sender);
    tokio::join!(listen(first, notes.clone()), listen_by_path(second, notes));
    for name in ["FreeListener", "PathListener"] {
        let span = only(name);
        assert_eq!(span.parent, Some(cause));
        let note = noted.recv_envelope().await.unwrap();
        assert_eq!(sender_of(&note), Some(span.context.span_id));
    }
}
