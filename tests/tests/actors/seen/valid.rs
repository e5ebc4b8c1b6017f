//! Valid code in the forms that people write it in compiles behind the attribute, and does what it did.

use std::future::Future;

use traced_actor::sync::mpsc;
use traced_actor::{Envelope, Message, traced_actor};

use super::{check, sent};

/// A message with the context of a sender.
async fn envelope<M: Message>(message: M) -> Envelope<M> {
    sent(vec![message]).await.recv_envelope().await.unwrap()
}

#[traced_actor]
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Tick {
    Tock,
    #[cfg(any())]
    Never(u8),
    #[cfg_attr(all(), cfg(any()))]
    NeverEither,
    #[cfg_attr(all(), doc = "Here.", cfg(all()))]
    Here,
    #[cfg_attr(all(), cfg_attr(all(), traced(name = "Named")))]
    Renamed,
}

#[tokio::test]
async fn cfg_attr_counts_on_a_variant() {
    #[traced_actor(name = "CfgAttr")]
    async fn run(mut ticks: mpsc::Receiver<Tick>) {
        while ticks.recv().await.is_some() {}
    }
    tokio::spawn(run(sent(vec![Tick::Tock, Tick::Here, Tick::Renamed]).await)).await.unwrap();
    check("CfgAttr", &[("Tock", None), ("Here", None), ("Named", None)]);
}

struct Clock(mpsc::Receiver<Tick>);

#[traced_actor(name = "CfgAttrOnMethods", handler = handle)]
impl Clock {
    #[cfg_attr(all(), doc = "Runs.", cfg(all()))]
    #[cfg_attr(all(), must_use)]
    async fn run(mut self) -> usize {
        let mut n = 0;
        while let Some(tick) = self.0.recv().await {
            n += self.handle(tick, 1, 2, 3, 4, 5, 6, 7).await;
        }
        n
    }

    #[cfg_attr(all(), allow(clippy::too_many_arguments, reason = "that is the point"))]
    #[cfg_attr(any(), doc = "Not there.")]
    async fn handle(&mut self, _: Tick, a: u8, b: u8, c: u8, d: u8, e: u8, f: u8, g: u8) -> usize {
        [a, b, c, d, e, f, g].len()
    }

    #[cfg_attr(all(), cfg(any()))]
    async fn never(&mut self, tick: NoSuchType) {
        self.0.recv().await;
    }
}

#[tokio::test]
async fn cfg_attr_counts_on_a_method() {
    assert_eq!(tokio::spawn(Clock(sent(vec![Tick::Tock]).await).run()).await.unwrap(), 7);
    check("CfgAttrOnMethods", &[("Tock", None)]);
}

#[traced_actor(name = "CfgGeneric")]
async fn cfg_generic<#[cfg(any())] X: Default, T: Fn(), #[cfg(not(any()))] const N: usize>(
    mut ticks: mpsc::Receiver<Tick>,
    #[cfg(any())] x: X,
    call: T,
    #[cfg(not(any()))] numbers: [u8; N],
) -> usize {
    while ticks.recv().await.is_some() {
        call();
    }
    numbers.len()
}

#[traced_actor(name = "CfgParameter")]
fn cfg_parameter(#[cfg(any())] first: u8, tick: Tick, #[cfg(not(any()))] last: u8) -> (Tick, u8) {
    (tick, last)
}

#[tokio::test]
async fn cfg_counts_on_parameters() {
    let called = std::cell::Cell::new(0);
    let call = || called.set(called.get() + 1);
    assert_eq!(cfg_generic(sent(vec![Tick::Tock]).await, call, [0; 3]).await, 3);
    assert_eq!(called.get(), 1);
    check("CfgGeneric", &[("Tock", None)]);
    assert_eq!(cfg_parameter(Tick::Tock, 3), (Tick::Tock, 3));
}

macro_rules! actor {
    ($name:ident, $message:ty, $body:block) => {
        struct $name;

        #[traced_actor]
        impl $name {
            async fn handle(&mut self, _message: $message) -> u8 $body
        }

        #[traced_actor(name = "FragmentLoop")]
        async fn fragment_loop(mut ticks: mpsc::Receiver<$message>) -> u8 {
            ticks.recv().await;
            $body
        }
    };
}

actor!(Fragments, Tick, {
    tokio::task::yield_now().await;
    3
});

#[tokio::test]
async fn a_body_may_be_a_fragment() {
    assert_eq!(Fragments.handle(Tick::Tock).await, 3);
    assert_eq!(fragment_loop(sent(vec![Tick::Tock]).await).await, 3);
    check("FragmentLoop", &[("Tock", None)]);
}

macro_rules! pieces {
    ($name:ident, $tail:expr, $($statement:stmt),*) => {
        struct $name;

        #[traced_actor]
        impl $name {
            async fn handle(&mut self, _message: Tick) -> u8 {
                $($statement)*
                $tail
            }
        }
    };
}

pieces!(FragmentPieces, 3 + 1, tokio::task::yield_now().await, let _ = 2);

macro_rules! items {
    ($name:ident: $($item:item)*) => {
        struct $name;

        #[traced_actor]
        impl $name {
            $($item)*
        }
    };
}

items! { FragmentItems:
    async fn run(self, mut ticks: mpsc::Receiver<Tick>) {
        while let Some(tick) = ticks.recv().await {
            self.handle(tick).await;
        }
    }

    async fn handle(&self, _: Tick) {
        tokio::task::yield_now().await;
    }
}

macro_rules! pattern {
    ($name:ident, $pattern:pat, $type:ty, $value:expr) => {
        struct $name;

        #[traced_actor]
        impl $name {
            fn handle(&self, $pattern: $type) -> u8 {
                $value
            }
        }
    };
}

pattern!(FragmentPattern, Level(level), Level, level);

#[tokio::test]
async fn parts_of_an_impl_may_be_fragments() {
    assert_eq!(FragmentPieces.handle(envelope(Tick::Tock).await).await, 4);
    check("FragmentPieces", &[("Tock", None)]);
    FragmentItems.run(sent(vec![Tick::Tock, Tick::Here]).await).await;
    check("FragmentItems", &[("Tock", None), ("Here", None)]);
    assert_eq!(FragmentPattern.handle(envelope(Level(6)).await), 6);
    check("FragmentPattern", &[("Level", None)]);
}

#[traced_actor]
struct Wake;

#[traced_actor]
#[derive(PartialEq, Eq)]
struct Level(u8);

const FULL: Level = Level(9);

struct Bird(u8);

#[traced_actor]
impl Bird {
    async fn handle(&mut self, Wake: Wake) -> u8 {
        self.0
    }

    #[traced(skip)]
    fn level(&self, level: Level) -> bool {
        level == FULL
    }
}

#[tokio::test]
async fn a_parameter_may_be_a_unit_struct() {
    assert_eq!(Bird(4).handle(envelope(Wake).await).await, 4);
    assert!(Bird(4).level(Level(9)));
    check("Bird", &[("Wake", None)]);
}

struct Owl(u8);

#[traced_actor]
impl Owl {
    async fn run(mut self, mut wakes: mpsc::Receiver<Wake>) -> u8 {
        while let Some(Wake) = wakes.recv().await {
            self.0 += 1;
        }
        self.0
    }
}

struct Dove;

#[traced_actor]
impl Dove {
    fn handle(&self, level @ Level(_): Level) -> bool {
        matches!(level, FULL)
    }
}

#[traced_actor(name = "Lark")]
async fn lark(mut levels: mpsc::Receiver<Level>) -> usize {
    let mut full = 0;
    loop {
        match levels.recv().await {
            Some(FULL) => full += 1,
            Some(Level(_)) => {}
            None => break full,
        }
    }
}

#[tokio::test]
async fn a_pattern_may_be_a_unit_struct_or_a_constant() {
    assert_eq!(Owl(4).run(sent(vec![Wake, Wake]).await).await, 6);
    check("Owl", &[("Wake", None), ("Wake", None)]);
    assert!(Dove.handle(envelope(Level(9)).await) && !Dove.handle(envelope(Level(8)).await));
    check("Dove", &[("Level", None), ("Level", None)]);
    assert_eq!(lark(sent(vec![Level(9), Level(8)]).await).await, 1);
    check("Lark", &[("Level", None), ("Level", None)]);
}

struct Index(Vec<u8>);

#[traced_actor]
impl Index {
    fn handle(&self, _: Tick) -> impl Iterator<Item = u8> + use<'_> {
        self.0.iter().copied()
    }
}

struct AsyncIndex<T>(Vec<T>);

#[traced_actor(name = "AsyncIndex")]
impl<T: Clone + Send + Sync + 'static> AsyncIndex<T> {
    async fn handle(&self, _: Tick) -> Box<dyn Iterator<Item = T> + Send + '_> {
        Box::new(self.0.iter().cloned())
    }
}

struct LateIndex(u8);

#[traced_actor]
impl LateIndex {
    fn handle(&self, _: Tick) -> impl Future<Output = u8> + use<'_> {
        async { self.0 }
    }
}

struct StaticIndex;

#[traced_actor]
impl StaticIndex {
    fn handle(&self, _: Tick) -> impl Iterator<Item = u8> + use<> {
        [1, 2].into_iter()
    }
}

#[traced_actor(name = "GenericUse")]
fn generic_use<'a, T: Copy>(items: &'a [T], _: Tick) -> impl Iterator<Item = T> + use<'a, T> {
    items.iter().copied()
}

#[tokio::test]
async fn what_is_returned_may_say_what_it_captures() {
    assert_eq!(Index(vec![1, 2]).handle(envelope(Tick::Tock).await).sum::<u8>(), 3);
    assert_eq!(AsyncIndex(vec![1, 2]).handle(Tick::Tock).await.sum::<u8>(), 3);
    assert_eq!(generic_use(&[1, 2], envelope(Tick::Tock).await).sum::<i32>(), 3);
    assert_eq!(LateIndex(3).handle(envelope(Tick::Tock).await).await, 3);
    assert_eq!(StaticIndex.handle(envelope(Tick::Tock).await).sum::<u8>(), 3);
    for actor in ["Index", "GenericUse", "LateIndex", "StaticIndex"] {
        check(actor, &[("Tock", None)]);
    }
    // A caller may name the function's own parameters.
    fn named<T: Default>() -> T {
        T::default()
    }
    assert_eq!(named::<u8>(), 0);
}

#[traced_actor(name = "Turbofish")]
fn parse<T: std::str::FromStr>(text: &str, _: Tick) -> Option<T> {
    text.parse().ok()
}

#[test]
fn a_caller_may_name_the_functions_own_parameters() {
    assert_eq!(parse::<u8>("3", Tick::Tock), Some(3));
}

mod deprecated {
    #![deny(warnings)]

    #[traced_actor::traced_actor]
    #[derive(Debug)]
    pub(crate) enum Query {
        #[deprecated(note = "use ByKey")]
        #[expect(dead_code, reason = "nobody is to use it")]
        ById { id: u64 },
        #[traced(fields(key))]
        ByKey {
            key: String,
            #[cfg_attr(all(), deprecated)]
            #[expect(dead_code, reason = "nobody is to use it")]
            old: u8,
        },
    }

    #[traced_actor::traced_actor]
    #[derive(Debug)]
    #[deprecated]
    #[expect(dead_code, reason = "nobody is to use it")]
    pub(crate) struct Ping;
}

#[test]
fn deprecated_messages_are_silent() {
    let query = deprecated::Query::ByKey { key: "k".to_owned(), old: 1 };
    assert_eq!(traced_actor::Message::kind(&query).name(), "ByKey");
}

/// An attribute of rustc's own above ours, and below.
#[test]
fn attributes_stand_in_either_order() {
    struct Meter(u8);

    #[allow(clippy::unused_self, reason = "a meter")]
    #[traced_actor(name = "Meter")]
    #[expect(dead_code, reason = "not all of it is used")]
    impl Meter {
        #[inline]
        #[must_use = "it is what was asked for"]
        fn handle(&self, _: Tick) -> u8 {
            self.0
        }

        fn unused(&self) {}
    }
    assert_eq!(Meter(3).handle(Tick::Tock), 3);
}

/// The futures of handlers stay `Send`, and borrow what they did.
#[test]
fn a_handlers_future_can_move_to_another_thread() {
    fn is_send<F: Future + Send>(future: F) -> F {
        future
    }
    let mut fragments = Fragments;
    drop(is_send(fragments.handle(Tick::Tock)));
    let index = AsyncIndex(vec![String::new()]);
    drop(is_send(index.handle(Tick::Tock)));
}

/// Never run: it is enough that it compiles, and that it does for messages only.
#[expect(dead_code, clippy::todo, unreachable_code, reason = "it is written before anything can be done")]
#[expect(unused_variables, reason = "nothing is reached")]
async fn to_be_written(clock: &mut Fragments, bird: &mut Bird) {
    clock.handle(todo!()).await;
    bird.handle(panic!("not yet")).await;
    generic_use(&[1], unreachable!()).count();
}

#[test]
fn an_argument_that_never_returns_fits() {
    // A message and an envelope still do.
    drop(Fragments.handle(Tick::Tock));
    drop(Fragments.handle(traced_actor::Envelope::bare(Tick::Tock)));
}

/// Spawns that do not lose the context, and places where losing it is allowed.
mod spawns {
    #![deny(deprecated)]

    use traced_actor::{TracedExt, task, traced_actor};

    use super::Tick;

    mod mine {
        pub(super) mod tokio {
            pub(in super::super) fn spawn(_: u8) {}
        }
        pub(super) mod thread {
            pub(in super::super) fn spawn(_: u8) {}
        }
    }

    use mine::thread;

    pub(super) struct Ours;

    #[traced_actor]
    impl Ours {
        async fn handle(&mut self, _: Tick) {
            task::spawn(async {});
            traced_actor::task::spawn_blocking(|| ());
            tokio::spawn(async {}.traced());
            mine::tokio::spawn(1);
            thread::spawn(2);
            self.spawn(3);
            fn spawn(_: u8) {}
            spawn(4);
        }

        fn spawn(&self, _: u8) {}

        /// It handles nothing.
        pub(super) fn start() {
            tokio::spawn(async { Self.handle(Tick::Tock).await });
        }
    }

    pub(super) struct Allowed;

    #[traced_actor(allow(lost_context))]
    impl Allowed {
        pub(super) fn handle(&self, _: Tick) {
            tokio::spawn(async {});
        }
    }

    #[traced_actor(name = "AllowedMethods")]
    impl Ours {
        #[traced(handler, allow(lost_context))]
        pub(super) fn on_tick(&self, _: Tick, _: u8) {
            std::thread::spawn(|| ());
        }
    }

    #[allow(deprecated, reason = "rustc's own word for it")]
    #[traced_actor(name = "AllowedByRustc")]
    pub(super) fn on_tick(_: Tick) {
        tokio::task::spawn_blocking(|| ());
    }
}

#[tokio::test]
async fn what_keeps_the_trace_is_silent() {
    spawns::Ours::start();
    spawns::Ours.on_tick(Tick::Tock, 1);
    spawns::on_tick(Tick::Here);
    spawns::Allowed.handle(Tick::Here);
}

/// Functions without `self` that name the parameters of the impl around them: types, lifetimes and constants.
mod without_self {
    use std::marker::PhantomData;

    use super::*;

    pub(super) struct Feed<'a, S, const STEP: u32>(PhantomData<&'a S>);

    #[traced_actor(name = "Feed")]
    impl<'a, S: Default, const STEP: u32> Feed<'a, S, STEP> {
        /// Names the type in its signature.
        pub(super) async fn pump(source: S, mut ticks: mpsc::Receiver<Tick>) -> (S, u32) {
            let mut sum = 0;
            while let Some(tick) = ticks.recv().await {
                Feed::<S, STEP>::handle(&mut sum, tick).await;
            }
            (source, sum)
        }

        /// Names the constant in its body.
        async fn handle(sum: &mut u32, _: Tick) {
            *sum += STEP;
        }

        /// Names the lifetime alone.
        pub(super) async fn label(text: &'a str, mut ticks: mpsc::Receiver<Tick>) -> &'a str {
            while ticks.recv().await.is_some() {}
            text
        }

        /// Names the type in its body alone, and is not asynchronous.
        pub(super) fn drain(mut ticks: mpsc::Receiver<Tick>) -> (usize, usize) {
            let unused = S::default();
            let mut count = 0;
            while ticks.try_recv().is_ok() {
                count += 1;
            }
            (count, size_of_val(&unused))
        }
    }
}

#[tokio::test]
async fn functions_without_self_name_the_parameters_of_their_impl() {
    type Feed<'a> = without_self::Feed<'a, u8, 3>;

    let ticks = || sent(vec![Tick::Tock, Tick::Here]);
    assert_eq!(Feed::pump(7, ticks().await).await, (7, 6));
    assert_eq!(Feed::label("a", ticks().await).await, "a");
    assert_eq!(Feed::drain(ticks().await), (2, 1));
    check("Feed", &[("Tock", None), ("Here", None)].repeat(3));
}
