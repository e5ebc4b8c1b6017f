//! A receiver's reference to its mailbox, which is closed with the last receiver.

use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use super::Mailbox;
use super::observer::{call, observer};

/// A receiver's reference to its mailbox. When the last one is dropped, the mailbox is closed.
pub(crate) struct ReceiverMailbox(Arc<Mailbox>);

impl ReceiverMailbox {
    pub(crate) fn new(mailbox: &Arc<Mailbox>) -> Self {
        mailbox.receivers.fetch_add(1, Relaxed);
        Self(mailbox.clone())
    }
}

impl Clone for ReceiverMailbox {
    fn clone(&self) -> Self {
        Self::new(&self.0)
    }
}

impl Deref for ReceiverMailbox {
    type Target = Mailbox;

    fn deref(&self) -> &Mailbox {
        &self.0
    }
}

impl Drop for ReceiverMailbox {
    fn drop(&mut self) {
        if self.0.receivers.fetch_sub(1, Relaxed) == 1
            && let Some(observer) = observer()
        {
            call(|| observer.closed(&self.0));
        }
    }
}
