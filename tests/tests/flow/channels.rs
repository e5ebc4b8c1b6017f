//! The four kinds of channel behind one interface.

use std::future::Future;
use std::pin::Pin;

use futures_util::FutureExt;
use traced_actor::{Envelope, Message};

use self::all::{async_channel, flume, mpsc};

/// All channels under one path, so that a macro can select one by its name.
pub(crate) mod all {
    pub(crate) use traced_actor::sync::mpsc;
    pub(crate) use traced_actor_channels::{async_channel, flume};
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[expect(clippy::enum_variant_names, reason = "the crate's name")]
pub(crate) enum Channel {
    Bounded,
    Unbounded,
    Flume,
    AsyncChannel,
}

impl Channel {
    /// Whether receives take the receiver by shared reference, so that several flows may use it at a time.
    pub(crate) fn is_shared(self) -> bool {
        matches!(self, Self::Flume | Self::AsyncChannel)
    }
}

pub(crate) enum Sender<M> {
    Bounded(mpsc::Sender<M>),
    Unbounded(mpsc::UnboundedSender<M>),
    Flume(flume::Sender<M>),
    AsyncChannel(async_channel::Sender<M>),
}

pub(crate) enum Receiver<M> {
    Bounded(mpsc::Receiver<M>),
    Unbounded(mpsc::UnboundedReceiver<M>),
    Flume(flume::Receiver<M>),
    AsyncChannel(async_channel::Receiver<M>),
}

pub(crate) fn channel<M: Message>(channel: Channel) -> (Sender<M>, Receiver<M>) {
    match channel {
        Channel::Bounded => {
            let (sender, receiver) = mpsc::channel(256);
            (Sender::Bounded(sender), Receiver::Bounded(receiver))
        }
        Channel::Unbounded => {
            let (sender, receiver) = mpsc::unbounded_channel();
            (Sender::Unbounded(sender), Receiver::Unbounded(receiver))
        }
        Channel::Flume => {
            let (sender, receiver) = flume::bounded(256);
            (Sender::Flume(sender), Receiver::Flume(receiver))
        }
        Channel::AsyncChannel => {
            let (sender, receiver) = async_channel::bounded(256);
            (Sender::AsyncChannel(sender), Receiver::AsyncChannel(receiver))
        }
    }
}

impl<M: Message> Sender<M> {
    pub(crate) fn send(&self, message: M) {
        let sent = match self {
            Self::Bounded(sender) => sender.try_send(message).is_ok(),
            Self::Unbounded(sender) => sender.send(message).is_ok(),
            Self::Flume(sender) => sender.try_send(message).is_ok(),
            Self::AsyncChannel(sender) => sender.try_send(message).is_ok(),
        };
        assert!(sent, "there is room");
    }

    pub(crate) fn send_envelope(&self, envelope: Envelope<M>) {
        let sent = match self {
            Self::Bounded(sender) => sender.try_send_envelope(envelope).is_ok(),
            Self::Unbounded(sender) => sender.send_envelope(envelope).is_ok(),
            Self::Flume(sender) => sender.try_send_envelope(envelope).is_ok(),
            Self::AsyncChannel(sender) => sender.try_send_envelope(envelope).is_ok(),
        };
        assert!(sent, "there is room");
    }
}

pub(crate) type Receive<'a, T> = Pin<Box<dyn Future<Output = Option<T>> + Send + 'a>>;

impl<M: Message + Send + 'static> Receiver<M> {
    pub(crate) fn try_recv(&mut self) -> Option<M> {
        match self {
            Self::Bounded(receiver) => receiver.try_recv().ok(),
            Self::Unbounded(receiver) => receiver.try_recv().ok(),
            Self::Flume(receiver) => receiver.try_recv().ok(),
            Self::AsyncChannel(receiver) => receiver.try_recv().ok(),
        }
    }

    /// Calls `recv` now; the future does the rest.
    pub(crate) fn recv(&mut self) -> Receive<'_, M> {
        match self {
            Self::Bounded(receiver) => Box::pin(receiver.recv()),
            Self::Unbounded(receiver) => Box::pin(receiver.recv()),
            Self::Flume(receiver) => Box::pin(receiver.recv_async().map(Result::ok)),
            Self::AsyncChannel(receiver) => Box::pin(receiver.recv().map(Result::ok)),
        }
    }

    pub(crate) fn recv_envelope(&mut self) -> Receive<'_, Envelope<M>> {
        match self {
            Self::Bounded(receiver) => Box::pin(receiver.recv_envelope()),
            Self::Unbounded(receiver) => Box::pin(receiver.recv_envelope()),
            Self::Flume(receiver) => Box::pin(receiver.recv_envelope_async().map(Result::ok)),
            Self::AsyncChannel(receiver) => Box::pin(receiver.recv_envelope().map(Result::ok)),
        }
    }

    /// Receives what is there, at most this many; none if the channel has no such method.
    pub(crate) fn recv_many(&mut self, limit: usize) -> Option<Vec<M>> {
        let mut messages = Vec::new();
        let received = match self {
            Self::Bounded(receiver) => receiver.recv_many(&mut messages, limit).now_or_never(),
            Self::Unbounded(receiver) => receiver.recv_many(&mut messages, limit).now_or_never(),
            Self::Flume(_) | Self::AsyncChannel(_) => return None,
        };
        assert_eq!(received.unwrap_or(0), messages.len());
        Some(messages)
    }

    pub(crate) fn has_batches(&self) -> bool {
        matches!(self, Self::Bounded(_) | Self::Unbounded(_))
    }
}
