//! Tools to wrap any channel, so that it carries the trace context.
//!
//! A traced channel is a channel of [`Envelope`](crate::Envelope)s behind a sender and a receiver type. [`mpsc`](super::mpsc) and the
//! channels of the crate `traced-actor-channels` are built from the types in this module.
//!
//! | type | used by | what it does |
//! |---|---|---|
//! | [`Describe`] | both halves | describes a message's kind: by its annotation, or by its type's name |
//! | [`Channel`] | both halves | keeps the description, and counts messages for an [observer](crate::observe) |
//! | [`SendAttempt`] | each send | captures the context; records a wait for room and a failure |
//! | [`OpenMessage`] | a receiver used through `&mut self` | opens a message, and ends it when the next one is requested |
//! | [`OpenMessages`] | a receiver used through `&self` | the same, for each flow that uses it |
//! | [`BroadcastMessage`] | a send to several receivers | makes one fan-out, with an envelope for each receiver |
//! | [`PendingReceive`] | a future that is written by hand | ends the last message at the first poll or at the drop |
//!
//! For every channel:
//!
//! * Create the [`SendAttempt`] in the method that takes the message, not in the future that the method returns.
//! * Mark receiving methods with `#[track_caller]`, since warnings name the place of a receive.
//! * Offer a method that receives the envelope (`recv_envelope`), for messages that are stashed, and one that sends it
//!   ([`Channel::forward`]), for those that are forwarded.
//! * Give each clone of a receiver its own last messages.
//!
//! ```
//! # use std::future::Future;
//! use traced_actor::record::SendFailure;
//! use traced_actor::sync::wrap::{Channel, Describe, OpenMessage};
//! use traced_actor::{Envelope, Message};
//! # mod stack {
//! #     use std::sync::{Arc, Mutex};
//! #     pub struct Top<T>(Arc<(Mutex<Vec<T>>, tokio::sync::Notify)>);
//! #     pub fn stack<T>() -> (Top<T>, Top<T>) {
//! #         let top = Top(Arc::default());
//! #         (Top(top.0.clone()), top)
//! #     }
//! #     impl<T> Top<T> {
//! #         pub fn push(&self, value: T) -> Result<(), T> {
//! #             if Arc::strong_count(&self.0) == 1 {
//! #                 return Err(value);
//! #             }
//! #             self.0.0.lock().unwrap().push(value);
//! #             self.0.1.notify_one();
//! #             Ok(())
//! #         }
//! #         pub async fn pop(&mut self) -> Option<T> {
//! #             loop {
//! #                 let top = self.0.0.lock().unwrap().pop();
//! #                 match top {
//! #                     None if Arc::strong_count(&self.0) > 1 => self.0.1.notified().await,
//! #                     top => return top,
//! #                 }
//! #             }
//! #         }
//! #     }
//! # }
//!
//! // `stack` is a channel of your own: the last message comes out first.
//! pub struct Sender<M> {
//!     inner: stack::Top<Envelope<M>>,
//!     channel: Channel<M>,
//! }
//!
//! pub struct Receiver<M> {
//!     inner: stack::Top<Envelope<M>>,
//!     last: OpenMessage<M>,
//! }
//!
//! pub fn channel<M: Message>() -> (Sender<M>, Receiver<M>) {
//!     let (sender, receiver) = stack::stack();
//!     let channel = Channel::new(Describe::message(), None);
//!     let receiver = Receiver { inner: receiver, last: OpenMessage::new(&channel) };
//!     (Sender { inner: sender, channel }, receiver)
//! }
//!
//! impl<M> Sender<M> {
//!     pub fn send(&self, message: M) -> Result<(), M> {
//!         let (attempt, envelope) = self.channel.start(message);
//!         attempt
//!             .finish(self.inner.push(envelope), |_| SendFailure::NotRunning)
//!             .map_err(Envelope::into_message)
//!     }
//! }
//!
//! impl<M> Receiver<M> {
//!     #[track_caller]
//!     pub fn recv(&mut self) -> impl Future<Output = Option<M>> {
//!         self.last.receive(self.inner.pop())
//!     }
//! }
//!
//! # #[traced_actor::traced_actor]
//! # #[derive(Debug, PartialEq)]
//! # struct Plate(u8);
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let (sender, mut receiver) = channel();
//! sender.send(Plate(1)).unwrap();
//! sender.send(Plate(2)).unwrap();
//! assert_eq!(receiver.recv().await, Some(Plate(2)));
//! # drop(sender);
//! # assert_eq!(receiver.recv().await, Some(Plate(1)));
//! # assert_eq!(receiver.recv().await, None);
//! # }
//! ```

mod broadcast_message;
mod channel;
mod open;
mod pending_receive;
mod receive_output;
mod send_attempt;
mod shared;

pub use crate::envelope::Describe;
pub use crate::flow::{ReceiveMode, ReceiveSite};
pub use broadcast_message::BroadcastMessage;
pub use channel::Channel;
pub use open::OpenMessage;
pub use pending_receive::{EndLast, PendingReceive};
pub use receive_output::ReceiveOutput;
pub use send_attempt::SendAttempt;
pub use shared::OpenMessages;
