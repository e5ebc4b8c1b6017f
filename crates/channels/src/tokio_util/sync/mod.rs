//! A sink of [`traced_actor::sync::mpsc`].

mod poll_sender;

pub use poll_sender::{PollSendError, PollSender};
