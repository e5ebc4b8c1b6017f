//! The types implement the same traits as tokio's, for all kinds of messages.

use std::cell::Cell;
use std::fmt::Debug;
use std::marker::PhantomPinned;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::rc::Rc;

use super::implemented::{Otherwise, implemented};

/// Compares each type of the module with tokio's, for each kind of message.
macro_rules! compare {
    ($($name:ident<$($lifetime:lifetime,)? _>)*) => {
        compare!(@messages
            [$($name<$($lifetime,)? _>)*]
            // neither `Clone` nor `Debug`; not `Send`; `Send`, not `Sync`; not `Unpin`; not `UnwindSafe`
            Plain, Rc<u8>, Cell<u8>, PhantomPinned, &'static mut u8
        )
    };
    (@messages $types:tt $($message:ty),*) => { $(compare!(@types $types $message);)* };
    (@types [$($name:ident<$($lifetime:lifetime,)? _>)*] $message:ty) => {
        $(compare!(@one $name, tokio::sync::mpsc::$name<$($lifetime,)? $message>,
            traced_actor::sync::mpsc::$name<$($lifetime,)? $message>);)*
    };
    (@one $name:ident, $theirs:ty, $ours:ty) => {
        assert_eq!(
            implemented!($theirs: Send, Sync, Unpin, UnwindSafe, RefUnwindSafe, Clone, Debug),
            implemented!($ours: Send, Sync, Unpin, UnwindSafe, RefUnwindSafe, Clone, Debug),
            "{}", stringify!($ours)
        );
    };
}

struct Plain;

#[test]
fn every_type_implements_what_tokios_does() {
    compare! {
        Sender<_> WeakSender<_> Receiver<_>
        UnboundedSender<_> WeakUnboundedSender<_> UnboundedReceiver<_>
        Permit<'static, _> PermitIterator<'static, _> OwnedPermit<_>
    }
    // The comparison detects a difference.
    assert_ne!(implemented!(Plain: Send, Debug), implemented!(Rc<u8>: Send, Debug));
}

/// The futures are `Send` if the message is, as tokio's are, even if it is neither `Sync` nor `Clone`.
#[test]
fn futures_are_send() {
    fn send<F: Send>(_: F) {}
    let (sender, mut receiver) = traced_actor::sync::mpsc::channel_named_by_type::<Cell<u8>>(1);
    let (unbounded, mut unbounded_receiver) =
        traced_actor::sync::mpsc::unbounded_channel_named_by_type::<Cell<u8>>();
    let mut buffer = Vec::new();
    send(sender.send(Cell::new(1)));
    send(sender.send_timeout(Cell::new(1), std::time::Duration::ZERO));
    send(sender.reserve());
    send(sender.reserve_many(1));
    send(sender.clone().reserve_owned());
    send(sender.closed());
    send(unbounded.closed());
    send(receiver.recv());
    send(receiver.recv_many(&mut buffer, 1));
    send(receiver.recv_envelope());
    send(unbounded_receiver.recv());
    send(unbounded_receiver.recv_many(&mut buffer, 1));
    send(unbounded_receiver.recv_envelope());
}

/// The handles of multi-consumer channels can be shared between threads if the message is `Send`.
#[test]
fn other_channels_are_shared() {
    fn shared<T: Send + Sync + Clone + Debug>(_: T) {}
    fn send<F: Send>(_: F) {}
    let (sender, receiver) = traced_actor_channels::flume::bounded_named_by_type::<Cell<u8>>(1);
    send(sender.send_async(Cell::new(1)));
    send(receiver.recv_async());
    send(receiver.stream());
    shared(sender);
    shared(receiver);
    let (sender, receiver) = traced_actor_channels::async_channel::bounded_named_by_type::<Cell<u8>>(1);
    send(sender.send(Cell::new(1)));
    send(receiver.recv());
    shared(sender);
    shared(receiver);
}
