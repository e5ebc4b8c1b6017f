//! Senders that do not keep their channel open.

use std::fmt;

use tokio::sync::mpsc as tokio_mpsc;

use super::{Sender, UnboundedSender};
use crate::Envelope;
use crate::sync::wrap::Channel;

macro_rules! weak_sender {
    ($(#[$doc:meta])* $weak:ident, $strong:ident) => {
        $(#[$doc])*
        pub struct $weak<T> {
            inner: tokio_mpsc::$weak<Envelope<T>>,
            channel: Channel<T>,
        }

        impl<T> $strong<T> {
            /// Returns a weak sender, which does not keep the channel open.
            #[must_use = "Downgrade creates a WeakSender without destroying the original non-weak sender."]
            pub fn downgrade(&self) -> $weak<T> {
                $weak { inner: self.inner.downgrade(), channel: self.channel.clone() }
            }
        }

        impl<T> $weak<T> {
            /// Returns a strong sender, or `None` if all strong senders were dropped.
            pub fn upgrade(&self) -> Option<$strong<T>> {
                self.inner.upgrade().map(|inner| $strong { inner, channel: self.channel.clone() })
            }

            /// Returns the number of strong senders, which keep the channel open.
            pub fn strong_count(&self) -> usize {
                self.inner.strong_count()
            }

            /// Returns the number of weak senders.
            pub fn weak_count(&self) -> usize {
                self.inner.weak_count()
            }
        }

        impl<T> Clone for $weak<T> {
            fn clone(&self) -> Self {
                Self { inner: self.inner.clone(), channel: self.channel.clone() }
            }
        }

        impl<T> fmt::Debug for $weak<T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.inner.fmt(f)
            }
        }
    };
}

weak_sender! {
    /// A [`Sender`] that does not keep the channel open. Created by [`Sender::downgrade`].
    ///
    /// ```
    /// # use traced_actor::sync::mpsc;
    /// let (sender, _receiver) = mpsc::channel_named_by_type::<u32>(1);
    /// let weak = sender.downgrade();
    /// assert!(weak.upgrade().is_some());
    /// drop(sender);
    /// assert!(weak.upgrade().is_none());
    /// ```
    WeakSender, Sender
}

weak_sender! {
    /// An [`UnboundedSender`] that does not keep the channel open. Created by [`UnboundedSender::downgrade`].
    WeakUnboundedSender, UnboundedSender
}
