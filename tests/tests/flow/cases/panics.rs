//! Code of the user's that panics while a span is opened: it costs at most that span, never the message or the actor.

use std::any::Any;
use std::fmt;

use traced_actor::sync::mpsc;
use traced_actor::{OnPanic, Spawn, TracedExt, traced_actor};

use crate::support::{Recording, Threads};
use crate::tree::{Bench, Notes};

opening!(Bounded, mpsc, Receiver);

struct Sour;

impl fmt::Debug for Sour {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        panic!("sour");
    }
}

impl fmt::Display for Sour {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        panic!("sour");
    }
}

fn count(_: &Sour) -> u64 {
    panic!("sour");
}

#[traced_actor]
enum Fruit {
    #[traced(fields(?taste))]
    Lemon {
        taste: Sour,
    },
    #[traced(fields(%taste))]
    Lime {
        taste: Sour,
    },
    #[traced(fields(seeds = count(seeds)))]
    Grapefruit {
        seeds: Sour,
    },
    Plum,
}

fn sour() -> [Fruit; 3] {
    [Fruit::Lemon { taste: Sour }, Fruit::Lime { taste: Sour }, Fruit::Grapefruit { seeds: Sour }]
}

struct Bowl(Notes);

#[traced_actor]
impl Bowl {
    async fn run(self, mut fruits: mpsc::Receiver<Fruit>) {
        while let Some(fruit) = fruits.recv().await {
            self.handle(fruit).await;
        }
    }

    async fn handle(&self, _fruit: Fruit) {
        tokio::task::yield_now().await;
        self.0.note("eaten");
    }
}

/// All that is sent is handled: three messages whose spans cannot be opened, and one whose span can.
#[track_caller]
fn all_are_eaten(go: impl AsyncFn(Bench, mpsc::Receiver<Fruit>)) {
    for threads in [Threads::One, Threads::Two] {
        for is_sampled in [true, false] {
            let recording = Recording::start();
            let (bench, mut sent) = Bench::new(recording.clone(), is_sampled);
            let (sender, receiver) = open();
            bench.send(&sender, sour().map(|fruit| (1, fruit)));
            bench.send(&sender, [(2, Fruit::Plum)]);
            drop(sender);
            recording.block_on(threads, go(bench, receiver));
            let mut eaten = 0;
            while let Ok(note) = sent.try_recv() {
                assert_eq!(note.0, "eaten");
                eaten += 1;
            }
            assert_eq!(eaten, 4, "{threads:?}, sampled: {is_sampled}");
            let spans = recording.spans();
            let plums = spans.iter().filter(|span| span.name.ends_with("/Plum")).count();
            assert_eq!(plums, usize::from(is_sampled), "{threads:?}: {spans:#?}");
        }
    }
}

#[test]
fn in_a_loop_with_a_handler() {
    all_are_eaten(async |bench, fruits| Bowl(bench.notes).run(fruits).await);
}

#[test]
fn in_an_inline_loop() {
    all_are_eaten(async |bench: Bench, mut fruits| {
        let eat = async {
            while fruits.recv().await.is_some() {
                bench.notes.note("eaten");
            }
        };
        eat.traced().await;
    });
}

#[test]
fn by_try_recv() {
    all_are_eaten(async |bench: Bench, mut fruits| {
        let eat = async {
            while fruits.try_recv().is_ok() {
                bench.notes.note("eaten");
            }
        };
        eat.traced().await;
    });
}

#[test]
fn in_a_task_without_a_scope() {
    all_are_eaten(async |bench: Bench, mut fruits| {
        let eat = async move {
            while fruits.recv().await.is_some() {
                bench.notes.note("eaten");
            }
        };
        tokio::spawn(eat).await.unwrap();
    });
}

#[test]
fn of_envelopes() {
    all_are_eaten(async |bench: Bench, mut fruits| {
        let bowl = Bowl(bench.notes);
        while let Some(fruit) = fruits.recv_envelope().await {
            bowl.handle(fruit).await;
        }
    });
}

struct Eater(Notes);

#[traced_actor]
impl Eater {
    async fn handle(&mut self, _fruit: Fruit) {
        tokio::task::yield_now().await;
        self.0.note("eaten");
    }
}

/// An actor that `Spawn` starts is there for the next message, and its hook has not been asked.
#[test]
fn of_a_spawned_actor() {
    all_are_eaten(async |bench: Bench, mut fruits| {
        let hook = |_: &mut Eater, _: Box<dyn Any + Send>| -> OnPanic { unreachable!("no handler panics") };
        let bowl = Spawn::new(Eater(bench.notes)).on_panic(hook).start();
        while let Some(fruit) = fruits.recv_envelope().await {
            assert!(bowl.cast_envelope(fruit).await.is_ok());
        }
        assert!(bowl.join().await.is_ok());
    });
}
