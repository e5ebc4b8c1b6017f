//! A tail as the recorder of a process: its decisions reach every actor. A process has one, so this is one test.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use traced_actor::record::{self, FinishedSpan};
use traced_actor::sync::mpsc;
use traced_actor::{counters, traced_actor};
use traced_actor_sampling::ManualClock;
use traced_actor_sampling::tail::{Tail, TailOptions};
use traced_actor_tests::isolated::ran_in_child;

#[traced_actor(name = "Front")]
enum ToFront {
    /// Passed on to the back, which does it.
    Do(&'static str),
}

struct Front {
    mailbox: mpsc::Receiver<ToFront>,
    back: mpsc::Sender<ToBack>,
}

#[traced_actor]
impl Front {
    async fn run(mut self) {
        while let Some(message) = self.mailbox.recv().await {
            self.handle_message(message).await;
        }
    }

    async fn handle_message(&mut self, ToFront::Do(what): ToFront) {
        self.back.send(ToBack::Do(what)).await.unwrap();
    }
}

#[traced_actor(name = "Back")]
enum ToBack {
    Do(&'static str),
}

/// Takes one message for each request. Until then the messages wait.
struct Back {
    mailbox: mpsc::Receiver<ToBack>,
    done: u32,
}

#[traced_actor]
impl Back {
    async fn one(&mut self) {
        let message = self.mailbox.recv().await.unwrap();
        self.handle_message(message).ok();
    }

    fn handle_message(&mut self, ToBack::Do(what): ToBack) -> Result<(), String> {
        self.done += 1;
        if what == "fail" { Err("as it was told".to_owned()) } else { Ok(()) }
    }
}

#[tokio::test]
async fn decisions_reach_every_actor_of_the_process() {
    if ran_in_child("decisions_reach_every_actor_of_the_process", &[]) {
        return;
    }
    let mut options = TailOptions::default();
    options.chance = 0.0;
    let (clock, kept) = (ManualClock::new(), Arc::new(Mutex::new(Vec::new())));
    let taken = kept.clone();
    let tail =
        Tail::with_clock(options, clock.clone(), move |span: FinishedSpan| taken.lock().unwrap().push(span));
    record::install(tail.recorder()).unwrap();
    let kept = || std::mem::take(&mut *kept.lock().unwrap());
    let settle = || {
        clock.advance(Duration::from_secs(2));
        tail.tick();
    };

    let (to_front, mailbox) = mpsc::channel(8);
    let (back, at_back) = mpsc::channel(8);
    let front = tokio::spawn(Front { mailbox, back }.run());
    let mut back = Back { mailbox: at_back, done: 0 };

    // The failure is the back's; the front's span, which ended before it and well, is kept with it.
    to_front.send(ToFront::Do("fail")).await.unwrap();
    back.one().await;
    let spans = kept();
    let found: Vec<_> = spans.iter().map(|span| (span.name, span.error.as_deref())).collect();
    assert_eq!(found, [("Front/Do", None), ("Back/Do", Some("as it was told"))]);
    assert_eq!(spans[1].parent, Some(spans[0].context.span_id));
    for span in &spans {
        assert_eq!(span.attribute("sampling.reason").unwrap().to_string(), "tail.error");
        assert_eq!(span.attribute("sampling.probability").unwrap().to_string(), "1");
    }

    // Nothing fails, and the front is long done when the back's turn comes: not kept, and the back makes no span.
    to_front.send(ToFront::Do("well")).await.unwrap();
    while tail.counters().held_spans == 0 {
        tokio::task::yield_now().await;
    }
    settle();
    back.one().await;
    settle();
    assert!(kept().is_empty());
    assert_eq!(counters().dropped["tail"], 1);
    let counters = tail.counters();
    assert_eq!((counters.finished, counters.refused), (3, 1));
    assert_eq!((counters.kept["tail.error"], counters.dropped["tail.chance"]), (2, 1));

    assert_eq!(back.done, 2, "messages are handled whatever becomes of their spans");
    drop(to_front);
    front.await.unwrap();
}
