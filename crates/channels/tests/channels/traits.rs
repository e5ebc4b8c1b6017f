//! The types implement what the originals' do, for messages of every sort.

use std::cell::Cell;
use std::fmt::Debug;
use std::marker::PhantomPinned;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::rc::Rc;

use super::implemented::{Otherwise, implemented};

/// Each type of the module, over each sort of message, beside the original's.
macro_rules! compare {
    ($theirs:ident $ours:ident: $types:tt) => {
        compare!(@messages $theirs $ours $types
            // neither `Clone` nor `Debug`; not `Send`; `Send`, not `Sync`; not `Unpin`; not `UnwindSafe`
            Plain, Rc<u8>, Cell<u8>, PhantomPinned, &'static mut u8
        );
    };
    (@messages $theirs:ident $ours:ident $types:tt $($message:ty),*) => {
        $(compare!(@types $theirs $ours $types $message);)*
    };
    (@types $theirs:ident $ours:ident [$($name:ident)*] $message:ty) => {
        $(assert_eq!(
            implemented!($ours::$name<$message>: Send, Sync, Unpin, UnwindSafe, RefUnwindSafe, Clone, Debug),
            implemented!($theirs::$name<$message>: Send, Sync, Unpin, UnwindSafe, RefUnwindSafe, Clone, Debug),
            "{}<{}> of {}", stringify!($name), stringify!($message), stringify!($ours)
        );)*
    };
}

struct Plain;

#[test]
fn every_type_implements_what_the_originals_does() {
    use crossbeam_channel as their_crossbeam;
    use futures_channel::mpsc as their_futures;
    use std::sync::mpsc as their_std;
    use tokio::sync::broadcast as their_broadcast;
    use traced_actor_channels::crossbeam_channel as our_crossbeam;
    use traced_actor_channels::futures::channel::mpsc as our_futures;
    use traced_actor_channels::std::sync::mpsc as our_std;
    use traced_actor_channels::tokio::sync::broadcast as our_broadcast;

    compare!(their_crossbeam our_crossbeam: [Sender Receiver IntoIter]);
    // Not `IntoIter`, whose `Debug` asks for one of the message.
    compare!(their_std our_std: [Sender SyncSender Receiver]);
    compare!(their_broadcast our_broadcast: [Sender WeakSender Receiver]);
    compare!(their_futures our_futures: [Sender UnboundedSender Receiver UnboundedReceiver TrySendError]);
}
