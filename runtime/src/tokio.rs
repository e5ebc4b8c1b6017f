//! Mirrors the crate tokio, with its `sync` replaced by [`crate::sync`].
//!
//! Import it in a file that names channels by full paths, or in nested imports. Each `tokio` in that module is then this
//! one, in paths, imports, attributes and macros. No other line changes:
//!
//! ```
//! use traced_actor::tokio; // new
//! use traced_actor::traced_actor;
//!
//! use tokio::{select, time::Duration};
//!
//! #[traced_actor] // new
//! pub struct Line(String);
//!
//! pub struct Printer {
//!     lines: tokio::sync::mpsc::Receiver<Line>,
//! }
//!
//! #[traced_actor] // new
//! impl Printer {
//!     pub fn new(lines: tokio::sync::mpsc::Receiver<Line>) -> Self {
//!         Self { lines }
//!     }
//!
//!     pub async fn run(mut self) -> usize {
//!         let mut printed = 0;
//!         loop {
//!             select! {
//!                 Some(Line(text)) = self.lines.recv() => printed += text.len(),
//!                 () = tokio::time::sleep(Duration::from_secs(1)) => break printed,
//!                 else => break printed,
//!             }
//!         }
//!     }
//! }
//!
//! #[tokio::main(flavor = "current_thread")]
//! async fn main() {
//!     let (sender, lines) = tokio::sync::mpsc::channel(8);
//!     sender.send(Line("hello".to_owned())).await.unwrap();
//!     drop(sender);
//!     assert_eq!(Printer::new(lines).run().await, 5);
//! }
//! ```
//!
//! * The import only applies to its own module. A module in the same file, such as `mod tests`, needs the line too. If it
//!   has `use super::*`, the compiler asks for the line: ``error[E0659]: `tokio` is ambiguous``.
//! * `::tokio`, with two colons in front, is always the crate itself. Write `::tokio::sync::mpsc` for a channel that you
//!   want to keep as it is.
//! * Everything except `sync` is tokio's own. `tokio::spawn` still starts a task without a trace. Start the task with
//!   [`task::spawn`](crate::task::spawn) if its sends belong to the spawner's message.

#[doc(no_inline)]
pub use ::tokio::*;

#[doc(no_inline)]
pub use crate::sync;

/// The line has the same effect in each edition: in imports, paths, attributes and macros.
///
/// ```edition2018
/// use traced_actor::tokio;
/// use tokio::{select, sync::{mpsc, oneshot}};
///
/// struct Mail { letters: tokio::sync::mpsc::Receiver<u8>, cards: mpsc::Receiver<u8> }
///
/// #[tokio::main(flavor = "current_thread")]
/// async fn main() {
///     let (letter, letters) = tokio::sync::mpsc::channel_named_by_type(1);
///     let (card, cards) = traced_actor::sync::mpsc::channel_named_by_type(1);
///     let mut mail = Mail { letters, cards };
///     tokio::try_join!(letter.send(1), card.send(2)).unwrap();
///     let (reply, answer) = oneshot::channel();
///     tokio::pin!(answer);
///     select! { letter = mail.letters.recv() => reply.send(letter).unwrap() }
///     assert_eq!(answer.await, Ok(Some(1)));
///     assert_eq!(tokio::spawn(async move { mail.cards.recv().await }).await.unwrap(), Some(2));
/// }
/// ```
///
/// ```edition2021
/// use tokio::sync::mpsc;
/// use traced_actor::tokio;
///
/// #[tokio::main(flavor = "current_thread")]
/// async fn main() {
///     let (sender, receiver): (mpsc::Sender<u8>, tokio::sync::mpsc::Receiver<u8>) = mpsc::channel_named_by_type(1);
///     let _: (traced_actor::sync::mpsc::Sender<u8>, traced_actor::sync::mpsc::Receiver<u8>) = (sender, receiver);
///     tokio::select! { () = async {} => {} }
/// }
/// ```
///
/// ```edition2024
/// use tokio::sync::mpsc::{self, Receiver};
/// use traced_actor::tokio;
///
/// #[tokio::main(flavor = "current_thread")]
/// async fn main() {
///     let (_, receiver): (_, Receiver<u8>) = mpsc::channel_named_by_type(1);
///     let _: traced_actor::sync::mpsc::Receiver<u8> = receiver;
///     let (_, plain) = ::tokio::sync::mpsc::channel::<u8>(1);
///     let _: ::tokio::sync::mpsc::Receiver<u8> = plain;
///     tokio::join!(async {}, tokio::task::yield_now());
/// }
/// ```
#[cfg(doctest)]
mod editions {}
