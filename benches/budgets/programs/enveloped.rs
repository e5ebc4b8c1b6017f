//! A channel that moves eight bytes with a drop beside each message, as an envelope does, and does nothing with them:
//! the least cost of carrying a context.

use std::hint::black_box;

use tokio::sync::mpsc;
use tokio::sync::mpsc::error::SendError;

struct Enveloped<T> {
    message: T,
    _context: Context,
}

/// Stands for a pointer, which no message has.
const OTHER: u64 = 5;

struct Context(u64);

impl Drop for Context {
    fn drop(&mut self) {
        if self.0 >= OTHER {
            free(self.0);
        }
    }
}

#[cold]
#[inline(never)]
fn free(context: u64) {
    black_box(context);
}

pub(crate) struct Sender<T> {
    inner: mpsc::Sender<Enveloped<T>>,
    context: u64,
}

pub(crate) struct Receiver<T>(mpsc::Receiver<Enveloped<T>>);

pub(crate) fn channel<T>(buffer: usize) -> (Sender<T>, Receiver<T>) {
    let (inner, receiver) = mpsc::channel(buffer);
    (Sender { inner, context: black_box(3) }, Receiver(receiver))
}

impl<T> Sender<T> {
    pub(crate) async fn send(&self, message: T) -> Result<(), SendError<T>> {
        let sent = self.inner.send(Enveloped { message, _context: Context(self.context) }).await;
        sent.map_err(|SendError(Enveloped { message, .. })| SendError(message))
    }
}

impl<T> Receiver<T> {
    pub(crate) async fn recv(&mut self) -> Option<T> {
        self.0.recv().await.map(|Enveloped { message, .. }| message)
    }
}
