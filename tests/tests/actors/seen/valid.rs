//! Valid code in the forms that people write it in compiles behind the attribute, and does what it did.

use std::future::Future;

use traced_actor::sync::mpsc;
use traced_actor::testkit::{self, assert_tree};
use traced_actor::traced_actor;

use super::{Note, check, in_trace, sent};

/// Takes the notes of an actor: the span of each is where the actor has sent it.
#[traced_actor(name = "Out")]
async fn take_notes(mut notes: mpsc::Receiver<Note>) {
    while notes.recv().await.is_some() {}
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
    let spans = testkit::record();
    assert_eq!(in_trace(async { Fragments.handle(Tick::Tock).await }).await, 3);
    assert_eq!(fragment_loop(sent(vec![Tick::Tock]).await).await, 3);
    assert_tree!(
        spans,
        "
        Root/Root
          FragmentLoop/Tock
        Root/Root
          Fragments/Tock
        "
    );
}

/// Parts of functions that come as fragments: what is called `notes` there is the caller's.
mod fragments {
    #![allow(redundant_semicolons, reason = "a statement that is a fragment has its own")]

    use super::*;

    macro_rules! actor_with {
        ($actor:ident, $notes:ident, $($body:tt)+) => {
            pub(super) struct $actor(pub(super) mpsc::Sender<Note>);

            #[traced_actor]
            impl $actor {
                pub(super) async fn run(self, mut ticks: mpsc::Receiver<Tick>) {
                    while let Some(tick) = ticks.recv().await {
                        self.handle(tick).await.ok();
                    }
                }

                async fn handle(&self, _: Tick) -> Result<(), &'static str> {
                    let $notes = &self.0;
                    $($body)+
                }
            }
        };
    }

    macro_rules! with_tail {
        ($actor:ident, $notes:ident, $tail:expr) => {
            actor_with!($actor, $notes, $tail);
        };
    }
    with_tail!(Tail, notes, notes.send(Note).await.map_err(|_| "closed").and(Err("late")));

    macro_rules! with_statements {
        ($actor:ident, $notes:ident, $($statement:stmt;)+) => {
            actor_with!($actor, $notes, $($statement;)+);
        };
    }
    with_statements!(
        Statements,
        notes,
        tokio::task::yield_now().await;
        let sent = notes.send(Note).await;
        sent.map_err(|_| "closed")?;
        return Err("late");
    );

    macro_rules! annotated {
        ($name:literal, $function:item) => {
            #[traced_actor(name = $name)]
            $function
        };
    }
    annotated! {
        "WholeLoop",
        pub(super) async fn whole_loop(notes: mpsc::Sender<Note>, mut ticks: mpsc::Receiver<Tick>) {
            while let Some(tick) = ticks.recv().await {
                whole_handler(&notes, tick).await.ok();
            }
        }
    }
    annotated! {
        "WholeHandler",
        async fn whole_handler(notes: &mpsc::Sender<Note>, _: Tick) -> Result<(), &'static str> {
            notes.send(Note).await.map_err(|_| "closed").and(Err("late"))
        }
    }

    macro_rules! received_by {
        ($name:literal, $function:ident, $ticks:ident: $receiver:ty, $notes:ident, $message:pat, $receive:expr, $body:expr) => {
            #[traced_actor(name = $name)]
            pub(super) async fn $function(
                $notes: mpsc::Sender<Note>,
                mut $ticks: $receiver,
            ) -> Result<(), &'static str> {
                while let Some($message) = $receive {
                    $body
                }
                Ok(())
            }
        };
    }
    received_by!(
        "Received",
        received,
        ticks: mpsc::Receiver<Tick>,
        notes,
        Tick::Tock | Tick::Here,
        ticks.recv().await,
        notes.send(Note).await.map_err(|_| "closed")?
    );
}

#[tokio::test]
async fn each_part_of_a_function_may_be_a_fragment() {
    let notes = || mpsc::channel(4);
    let ticks = || sent(vec![Tick::Tock, Tick::Here]);
    let failed = |actor: &str| {
        ["Here", "Tock"].map(|kind| format!("  {actor}/{kind} error=\"late\"\n    Out/Note\n")).concat()
    };

    let spans = testkit::record();
    let (sender, noted) = notes();
    fragments::Tail(sender).run(ticks().await).await;
    take_notes(noted).await;
    assert_tree!(spans, &format!("Root/Root\n{}", failed("Tail")));

    let spans = testkit::record();
    let (sender, noted) = notes();
    fragments::Statements(sender).run(ticks().await).await;
    take_notes(noted).await;
    assert_tree!(spans, &format!("Root/Root\n{}", failed("Statements")));

    let spans = testkit::record();
    let (sender, noted) = notes();
    fragments::whole_loop(sender, ticks().await).await;
    take_notes(noted).await;
    assert_tree!(spans, &format!("Root/Root\n{}", failed("WholeLoop")));

    let spans = testkit::record();
    let (sender, noted) = notes();
    fragments::received(sender, ticks().await).await.unwrap();
    take_notes(noted).await;
    assert_tree!(
        spans,
        "
        Root/Root
          Received/Here
            Out/Note
          Received/Tock
            Out/Note
        "
    );
}

/// Messages that have one value or are compared with constants.
mod patterns {
    use super::*;

    #[traced_actor]
    #[derive(PartialEq, Eq)]
    pub(super) struct Wake;

    #[traced_actor]
    #[derive(PartialEq, Eq)]
    pub(super) struct Level(pub(super) u8);

    #[traced_actor]
    pub(super) enum Only {
        One,
    }

    pub(super) const FULL: Level = Level(9);
    const ASLEEP: Wake = Wake;

    pub(super) struct Bird(pub(super) u8);

    #[traced_actor]
    impl Bird {
        pub(super) async fn run(mut self, mut wakes: mpsc::Receiver<Wake>) -> u8 {
            let mut sum = 0;
            while let Some(Wake) = wakes.recv().await {
                sum += self.handle(Wake).await;
            }
            sum
        }

        pub(super) async fn handle(&mut self, Wake: Wake) -> u8 {
            self.0
        }

        #[traced(skip)]
        pub(super) fn level(&self, level: Level) -> bool {
            level == FULL
        }
    }

    pub(super) struct Constant(pub(super) u8);

    #[traced_actor]
    impl Constant {
        pub(super) fn handle(&self, ASLEEP: Wake) -> u8 {
            self.0
        }
    }

    pub(super) struct Path(pub(super) mpsc::Sender<Note>);

    #[traced_actor]
    impl Path {
        pub(super) async fn handle(&self, self::Only::One: Only) -> Result<(), &'static str> {
            self.0.send(Note).await.map_err(|_| "closed")
        }
    }

    pub(super) struct Tank(pub(super) mpsc::Sender<Note>);

    #[traced_actor]
    impl Tank {
        const EMPTY: Level = Level(0);

        pub(super) async fn run(self, mut levels: mpsc::Receiver<Level>) {
            while let Some(level) = levels.recv().await {
                self.handle(level).await.ok();
            }
        }

        async fn handle(&self, level: Level) -> Result<(), &'static str> {
            match level {
                FULL => self.0.send(Note).await.map_err(|_| "closed"),
                Self::EMPTY => Err("empty"),
                Level(_) => Ok(()),
            }
        }
    }

    /// No handler: the arms are constants.
    #[traced_actor(name = "Gauge")]
    pub(super) async fn gauge(notes: mpsc::Sender<Note>, mut levels: mpsc::Receiver<Level>) {
        loop {
            match levels.recv().await {
                Some(FULL) => notes.send(Note).await.unwrap(),
                Some(_) => {}
                None => break,
            }
        }
    }
}

#[tokio::test]
async fn a_parameter_may_be_a_unit_struct() {
    use patterns::{Bird, Level, Wake};

    let spans = testkit::record();
    assert_eq!(Bird(4).run(sent(vec![Wake, Wake]).await).await, 8);
    assert!(Bird(4).level(Level(9)));
    assert_tree!(spans, "Root/Root\n  2 × Bird/Wake");
}

#[tokio::test]
async fn a_parameter_may_be_a_constant_or_a_path() {
    use patterns::{Constant, Only, Path, Wake};

    let spans = testkit::record();
    let (sender, noted) = mpsc::channel(4);
    in_trace(async {
        assert_eq!(Constant(4).handle(Wake), 4);
        Path(sender).handle(Only::One).await.unwrap();
    })
    .await;
    take_notes(noted).await;
    assert_tree!(
        spans,
        "
        Root/Root
          Constant/Wake
          Path/One
            Out/Note
        "
    );
}

#[tokio::test]
async fn an_arm_may_be_a_constant() {
    use patterns::{Level, Tank, gauge};

    let levels = || sent(vec![Level(9), Level(0), Level(1)]);
    let spans = testkit::record();
    let (sender, noted) = mpsc::channel(4);
    Tank(sender).run(levels().await).await;
    take_notes(noted).await;
    assert_tree!(
        spans,
        "
        Root/Root
          Tank/Level
          Tank/Level
            Out/Note
          Tank/Level error=\"empty\"
        "
    );

    let spans = testkit::record();
    let (sender, noted) = mpsc::channel(4);
    gauge(sender, levels().await).await;
    take_notes(noted).await;
    assert_tree!(
        spans,
        "
        Root/Root
          2 × Gauge/Level
          Gauge/Level
            Out/Note
        "
    );
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

#[traced_actor(name = "GenericUse")]
fn generic_use<'a, T: Copy>(items: &'a [T], _: Tick) -> impl Iterator<Item = T> + use<'a, T> {
    items.iter().copied()
}

struct Table<T>(Vec<T>, mpsc::Sender<Note>);

#[traced_actor(name = "Table")]
impl<T: Clone + Send + Sync + 'static> Table<T> {
    /// Names a parameter of the impl, and sends before it returns.
    fn handle(&self, _: Tick) -> impl Iterator<Item = T> + use<T> {
        self.1.try_send(Note).unwrap();
        self.0.clone().into_iter()
    }
}

#[traced_actor(name = "AsyncUse")]
async fn async_use<'a>(
    items: &'a [u8],
    notes: &mpsc::Sender<Note>,
    _: Tick,
) -> Result<impl Iterator<Item = u8> + use<'a>, &'static str> {
    notes.send(Note).await.map_err(|_| "closed")?;
    items.first().ok_or("nothing")?;
    Ok(items.iter().copied())
}

#[tokio::test]
async fn what_is_returned_may_say_what_it_captures() {
    let spans = testkit::record();
    let (sender, noted) = mpsc::channel(4);
    let (one, two, three) = in_trace(async {
        assert_eq!(Index(vec![1, 2]).handle(Tick::Tock).sum::<u8>(), 3);
        assert_eq!(AsyncIndex(vec![1, 2]).handle(Tick::Tock).await.sum::<u8>(), 3);
        assert_eq!(generic_use(&[1, 2], Tick::Tock).sum::<i32>(), 3);
        (
            Table(vec![1, 2], sender.clone()).handle(Tick::Tock),
            async_use(&[1, 2], &sender, Tick::Tock).await,
            async_use(&[], &sender, Tick::Tock).await.err(),
        )
    })
    .await;
    drop(sender);
    take_notes(noted).await;
    // The spans have ended although nobody has asked the iterators yet.
    assert_tree!(
        spans,
        "
        Root/Root
          AsyncIndex/Tock
          AsyncUse/Tock
            Out/Note
          AsyncUse/Tock error=\"nothing\"
            Out/Note
          GenericUse/Tock
          Index/Tock
          Table/Tock
            Out/Note
        "
    );
    assert_eq!((one.sum::<i32>(), two.unwrap().sum::<u8>(), three), (3, 3, Some("nothing")));
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
        ById {
            #[expect(dead_code, reason = "nobody reads it")]
            id: u64,
        },
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
    pub(crate) struct Ping;

    #[traced_actor::traced_actor]
    #[derive(Debug)]
    #[deprecated(since = "1.0.0", note = "use Query")]
    #[allow(deprecated, reason = "its own tests still send it")]
    pub(crate) enum Old {
        #[traced(fields(id))]
        ById {
            #[deprecated]
            id: u64,
        },
        #[deprecated]
        Unit,
        #[traced(fields(n = *_0))]
        Tuple(#[deprecated] u8),
    }

    /// Sends one of each that is left, and one of each that is deprecated.
    #[allow(deprecated, reason = "an old sender")]
    pub(super) fn all() -> (Vec<Query>, Vec<Old>, Ping) {
        let query = Query::ByKey { key: "k".to_owned(), old: 1 };
        (vec![query, Query::ById { id: 2 }], vec![Old::ById { id: 3 }, Old::Unit, Old::Tuple(4)], Ping)
    }

    pub(super) struct Store;

    #[traced_actor::traced_actor]
    impl Store {
        pub(super) async fn handle(&mut self, query: Query) {
            drop(query);
        }

        #[deprecated]
        #[expect(dead_code, reason = "nobody is to use it")]
        pub(super) fn associated(&self) {}
    }

    #[traced_actor::traced_actor(name = "OldStore")]
    #[allow(deprecated, reason = "it handles what is deprecated")]
    pub(super) fn on_old(old: Old) {
        drop(old);
    }

    #[traced_actor::traced_actor(name = "Pinged")]
    #[allow(deprecated, reason = "it handles what is deprecated")]
    pub(super) fn on_ping(_: Ping) {}
}

#[tokio::test]
async fn deprecated_messages_are_silent() {
    let spans = testkit::record();
    let (queries, olds, ping) = deprecated::all();
    in_trace(async {
        for query in queries {
            deprecated::Store.handle(query).await;
        }
        olds.into_iter().for_each(deprecated::on_old);
        deprecated::on_ping(ping);
    })
    .await;
    assert_tree!(
        spans,
        "
        Root/Root
          OldStore/ById id=3
          OldStore/Tuple n=4
          OldStore/Unit
          Pinged/Ping
          Store/ById
          Store/ByKey key=\"k\"
        "
    );
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
async fn to_be_written(clock: &mut Fragments, bird: &mut patterns::Bird) {
    clock.handle(todo!()).await;
    bird.handle(panic!("not yet")).await;
    generic_use(&[1], unreachable!()).count();
    clock.handle(return).await;
    bird.handle(loop {
        tokio::task::yield_now().await;
    })
    .await;
    async_use(&[1], &Table(vec![1], mpsc::channel(1).0).1, std::process::exit(1)).await.ok();
}

/// An argument that returns from the caller, or continues its loop: no handler is called, so nothing has a span.
async fn gives_up(bird: &mut patterns::Bird, wake: Option<patterns::Wake>) -> Option<u8> {
    for _ in 0..2 {
        bird.handle(if bird.0 == 0 { continue } else { patterns::Wake }).await;
    }
    Some(bird.handle(wake?).await)
}

#[tokio::test]
async fn an_argument_that_leaves_the_caller_is_not_handled() {
    let spans = testkit::record();
    in_trace(async {
        assert_eq!(gives_up(&mut patterns::Bird(0), None).await, None);
        assert_eq!(gives_up(&mut patterns::Bird(0), Some(patterns::Wake)).await, Some(0));
        assert_eq!(gives_up(&mut patterns::Bird(1), None).await, None);
    })
    .await;
    assert_tree!(spans, "Root/Root\n  3 × Bird/Wake");
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

/// Two places that handle one message. An `impl Actor` comes from one of them, and each keeps its own spans.
mod two_places {
    use super::*;

    pub(super) struct Both(pub(super) mpsc::Sender<Note>);

    #[traced_actor]
    impl Both {
        pub(super) async fn run(self, mut ticks: mpsc::Receiver<Tick>) {
            while let Some(tick) = ticks.recv().await {
                self.serve(tick).await.ok();
            }
        }

        async fn serve(&self, _: Tick) -> Result<(), &'static str> {
            self.0.send(Note).await.map_err(|_| "closed")
        }
    }

    #[traced_actor(local, name = "BothLocal")]
    impl Both {
        pub(super) async fn handle_message(&self, _: Tick) -> Result<(), &'static str> {
            Err("local")
        }
    }

    #[traced_actor(name = "BothFree")]
    pub(super) async fn on_tick(both: &Both, _: Tick) -> Result<(), &'static str> {
        both.0.send(Note).await.map_err(|_| "closed")
    }

    pub(super) trait Listen {
        async fn listen(&self, ticks: mpsc::Receiver<Tick>);
    }

    impl Listen for Both {
        #[traced_actor(name = "BothTrait")]
        async fn listen(&self, mut ticks: mpsc::Receiver<Tick>) {
            while let Some(tick) = ticks.recv().await {
                drop(tick);
                self.0.send(Note).await.unwrap();
            }
        }
    }
}

/// The same in an annotated module, whose second impl is for another type.
#[traced_actor]
mod two_in_a_module {
    use traced_actor::sync::mpsc;

    use super::Tick;

    pub(super) struct Left;
    pub(super) struct Right;

    impl Left {
        pub(super) async fn run(mut self, mut ticks: mpsc::Receiver<Tick>) {
            while let Some(tick) = ticks.recv().await {
                self.handle(tick).await;
            }
        }

        #[traced(handler)]
        async fn handle(&mut self, _: Tick) {}
    }

    impl Right {
        pub(super) async fn run(mut self, mut ticks: mpsc::Receiver<Tick>) {
            while let Some(tick) = ticks.recv().await {
                self.handle(tick).await;
            }
        }

        #[traced(handler)]
        async fn handle(&mut self, _: Tick) {}
    }
}

#[tokio::test]
async fn one_message_may_be_handled_in_several_places() {
    use two_places::Listen;

    let ticks = || sent(vec![Tick::Tock]);
    let spans = testkit::record();
    let (sender, noted) = mpsc::channel(4);
    let both = two_places::Both(sender.clone());
    in_trace(async {
        assert_eq!(both.handle_message(Tick::Tock).await, Err("local"));
        assert_eq!(two_places::on_tick(&both, Tick::Here).await, Ok(()));
    })
    .await;
    both.listen(ticks().await).await;
    both.run(ticks().await).await;
    two_in_a_module::Left.run(ticks().await).await;
    two_in_a_module::Right.run(ticks().await).await;
    drop(sender);
    take_notes(noted).await;
    assert_tree!(
        spans,
        "
        Root/Root
          Both/Tock
            Out/Note
        Root/Root
          BothFree/Here
            Out/Note
          BothLocal/Tock error=\"local\"
        Root/Root
          BothTrait/Tock
            Out/Note
        Root/Root
          Left/Tock
        Root/Root
          Right/Tock
        "
    );
}
