//! Messages of types that cannot be annotated: those of std, and the senders of channels.
//!
//! Their kind is the type's name. A box, an `Arc` and a tuple have the kind, fields and options of the message in them.

use std::collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap, HashSet, VecDeque};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::pin::Pin;
use std::sync::{Arc, mpsc as std_mpsc};
use std::time::{Duration, Instant, SystemTime};

use tokio::sync::{Notify, OwnedSemaphorePermit, mpsc as tokio_mpsc, oneshot};

use super::mpsc;
use crate::Message;
use crate::record::{Fields, type_kind};
use crate::sampling::{Key, Kind, Options};

macro_rules! named_by_type {
    ($($rank:literal: $($({$($generics:tt)*})? $name:ty),*;)*) => {$($(
        #[diagnostic::do_not_recommend]
        impl $(<$($generics)*>)? Message for $name {
            const RANK: u8 = $rank;

            fn kind(&self) -> &'static Kind {
                type_kind::<Self>()
            }
        }
    )*)*};
}

// The reply of a call, the parts of commands, and their values.
named_by_type! {
    0: {M} oneshot::Sender<M>;
    1: {M} mpsc::Sender<M>, {M} mpsc::UnboundedSender<M>, {M} tokio_mpsc::Sender<M>, {M} std_mpsc::Sender<M>,
    {M} tokio_mpsc::UnboundedSender<M>, Notify, OwnedSemaphorePermit, Instant, tokio::time::Instant;
    2: (), bool, char, u8, u16, u32, u64, u128, usize, i8, i16, i32, i64, i128, isize, f32, f64, str, String,
    std::path::PathBuf, std::ffi::OsString, std::io::Error, dyn std::any::Any + Send, dyn std::error::Error + Send + Sync, {A, R} dyn FnOnce(&A) -> R + Send,
    Duration, SystemTime, IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, &'static str, {M} Option<M>, {M, E} Result<M, E>,
    {M} [M], {M, const N: usize} [M; N], {M} Vec<M>, {M} VecDeque<M>, {M} BinaryHeap<M>, {M} BTreeSet<M>,
    {M, S} HashSet<M, S>, {K, M} BTreeMap<K, M>, {K, M, S} HashMap<K, M, S>, {F} Pin<F>,
    {R} dyn FnOnce() -> R, {R} dyn FnOnce() -> R + Send, {A, R} dyn FnOnce(&mut A) -> R, {R} dyn FnMut() -> R + Send,
    {A, R} dyn FnOnce(&mut A) -> R + Send, {A, R} dyn FnMut(&mut A) -> R + Send, {R} dyn Fn() -> R + Send + Sync;
}

/// Returns the place of the highest rank, if only one has it.
const fn leader(ranks: &[u8]) -> Option<usize> {
    let (mut leader, mut highest, mut at) = (None, 0, 0);
    while at < ranks.len() {
        if at == 0 || ranks[at] > highest {
            (leader, highest) = (Some(at), ranks[at]);
        } else if ranks[at] == highest {
            leader = None;
        }
        at += 1;
    }
    leader
}

/// Evaluates `$says` for the part with the highest rank, or `$otherwise` if several parts have it.
macro_rules! of_leader {
    ($whole:ident as $this:ident: $($held:ident $at:literal $part:expr),+; |$leader:ident| $says:expr, $otherwise:expr) => {{
        let $this = $whole;
        match const { leader(&[$($held::RANK),+]) } {
            $(Some($at) => {
                let $leader: &$held = $part;
                $says
            })+
            _ => $otherwise,
        }
    }};
}

macro_rules! named_by_content {
    ($([$($generics:tt)*] $name:ty: |$this:ident| $($held:ident $at:literal $part:expr),+;)+) => {$(
        impl<$($generics)*> Message for $name {
            const OPTIONS: Options = match leader(&[$($held::RANK),+]) {
                $(Some($at) => $held::OPTIONS,)+
                _ => Options::new(),
            };
            const ASKS: bool = $($held::ASKS)||+;
            const RANK: u8 = { let mut rank = 0; $(if $held::RANK > rank { rank = $held::RANK; })+ rank };

            fn kind(&self) -> &'static Kind {
                of_leader!(self as $this: $($held $at $part),+; |held| held.kind(), type_kind::<Self>())
            }

            fn fanout(&self) -> Option<usize> {
                of_leader!(self as $this: $($held $at $part),+; |held| held.fanout(), None)
            }

            fn record(&self, fields: &mut Fields<'_>) {
                of_leader!(self as $this: $($held $at $part),+; |held| held.record(fields), ());
            }

            fn key(&self) -> Option<Key<'_>> {
                of_leader!(self as $this: $($held $at $part),+; |held| held.key(), None)
            }
        }
    )+};
}

named_by_content! {
    [M: Message + ?Sized] Box<M>: |this| M 0 this;
    [M: Message + ?Sized] Arc<M>: |this| M 0 this;
    [M: Message + ?Sized] std::rc::Rc<M>: |this| M 0 this;
    [A: Message, B: Message] (A, B): |this| A 0 &this.0, B 1 &this.1;
    [A: Message, B: Message, C: Message] (A, B, C): |this| A 0 &this.0, B 1 &this.1, C 2 &this.2;
    [A: Message, B: Message, C: Message, D: Message] (A, B, C, D):
        |this| A 0 &this.0, B 1 &this.1, C 2 &this.2, D 3 &this.3;
}
