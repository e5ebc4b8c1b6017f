//! Asks without an answer: those that are listed, those that no longer wait, and cycles.

use std::future::Future;
use std::time::Duration;

use kameo::actor::Spawn as _;
use ractor::{call, call_t};
use traced_actor::spawn;
use traced_actor_metrics::{Metrics, MetricsClock, OpenWork};

use crate::peers::with_actix::Actix;
use crate::peers::with_kameo::Kameo;
use crate::peers::with_ractor::ToRactor;
use crate::peers::{Work, own, with_actix, with_kameo, with_ractor, work};

const MINUTE: Duration = Duration::from_secs(60);

/// The metrics of the process, and their clock.
struct Looking<'a>(Metrics, &'a MetricsClock);

impl Looking<'_> {
    fn now(&self) -> OpenWork {
        self.0.open_work(Duration::ZERO, 100)
    }

    /// Waits for that many handlings, and until it is so. Then a minute passes, and what is still open is returned.
    async fn until(&self, handlings: usize, is_so: impl Fn(&OpenWork) -> bool) -> OpenWork {
        for _ in 0..100_000 {
            let open = self.now();
            if open.handlings.len() == handlings && is_so(&open) {
                self.1.advance(MINUTE);
                return self.now();
            }
            tokio::task::yield_now().await;
        }
        panic!("it is never so: {:#?}", self.now());
    }

    async fn once(&self, handlings: usize) -> OpenWork {
        self.until(handlings, |_| true).await
    }
}

/// Returns each ask: who waits for whom, through which actors.
fn asks(work: &OpenWork) -> Vec<String> {
    let mut asks: Vec<String> = work
        .asks
        .iter()
        .map(|ask| {
            let from = ask.from.as_ref().map_or("-".to_owned(), ToString::to_string);
            let through = ask.through.iter().map(ToString::to_string);
            std::iter::once(from).chain(through).collect::<Vec<_>>().join(" ")
        })
        .collect();
    asks.sort_unstable();
    asks
}

/// Returns each cycle, from the name that comes first in the alphabet.
fn cycles(work: &OpenWork) -> Vec<String> {
    let name = |cycle: &Vec<_>| {
        let mut names: Vec<String> = cycle.iter().map(ToString::to_string).collect();
        let first = (0..names.len()).min_by_key(|at| names[*at].clone()).unwrap_or(0);
        names.rotate_left(first);
        names.join(" ")
    };
    work.cycles.iter().map(name).collect()
}

fn forever() -> Work {
    work(std::future::pending)
}

/// Runs this in a runtime of its own, whose end is also that of its actors.
fn alone<F: Future<Output = ()>>(metrics: Metrics, test: F) {
    actix::System::new().block_on(test);
    assert_eq!(metrics.open_work(Duration::ZERO, 100).handlings, []);
}

pub(crate) fn run(metrics: Metrics, clock: &MetricsClock) {
    let looking = &Looking(metrics, clock);
    alone(metrics, pair_of_ractor(looking));
    alone(metrics, pair_of_kameo(looking));
    alone(metrics, pair_of_actix(looking));
    alone(metrics, one_of_each(looking));
    alone(metrics, asks_outside_of_handlers(looking));
    alone(metrics, asks_that_are_over(looking));
    alone(metrics, several_at_once(looking));
    alone(metrics, answers_from_elsewhere(looking));
    alone(metrics, messages_that_nobody_waits_for(looking));
}

async fn pair_of_ractor(looking: &Looking<'_>) {
    let (left, right) = (with_ractor::start().await, with_ractor::start().await);
    let (first, second) = (left.clone(), right.clone());
    let asked = work(move || async move {
        let back = work(move || async move { drop(call!(first, ToRactor::Do, forever())) });
        drop(call!(second, ToRactor::Do, back));
    });
    left.cast(ToRactor::Told(asked)).unwrap();
    let open = looking.once(2).await;
    assert_eq!(asks(&open), ["Ractor Ractor", "Ractor Ractor Ractor"]);
    assert_eq!(cycles(&open), ["Ractor Ractor"]);
}

async fn pair_of_kameo(looking: &Looking<'_>) {
    let (left, right) = (Kameo::spawn(Kameo), Kameo::spawn(Kameo));
    let (first, second) = (left.clone(), right.clone());
    let asked = work(move || async move {
        let back = work(move || async move { drop(first.ask(with_kameo::Do(forever())).await) });
        drop(second.ask(with_kameo::Do(back)).await);
    });
    left.tell(with_kameo::Do(asked)).await.unwrap();
    let open = looking.once(2).await;
    // The second ask is in the mailbox, where it may be a message that nobody waits for.
    assert_eq!(asks(&open), ["Kameo Kameo"]);
    assert_eq!(cycles(&open), ["Kameo Kameo"]);
}

async fn pair_of_actix(looking: &Looking<'_>) {
    let (left, right) = (Actix.start(), Actix.start());
    let (first, second) = (left.clone(), right.clone());
    let asked = work(move || async move {
        let back =
            work(move || async move { first.send(with_actix::Do(forever())).await.unwrap_or_default() });
        second.send(with_actix::Do(back)).await.unwrap_or_default();
    });
    left.do_send(with_actix::Do(asked));
    let open = looking.once(2).await;
    assert_eq!(asks(&open), ["Actix Actix", "Actix Actix Actix"]);
    assert_eq!(cycles(&open), ["Actix Actix"]);
}

async fn one_of_each(looking: &Looking<'_>) {
    let (own, ractor) = (spawn(own::Own, 8), with_ractor::start().await);
    let (kameo, actix) = (Kameo::spawn(Kameo), Actix.start());
    let (first, third, last) = (own.clone(), kameo.clone(), actix.clone());
    let ask_own = work(move || async move {
        drop(first.call(16 * MINUTE, |reply| own::Do(forever(), reply)).await);
    });
    let ask_actix = work(move || async move { last.send(with_actix::Do(ask_own)).await.unwrap_or_default() });
    let ask_kameo = work(move || async move { drop(third.ask(with_kameo::Do(ask_actix)).await) });
    let ask_ractor = work(move || async move { drop(call!(ractor, ToRactor::Do, ask_kameo)) });
    let (reply, _answer) = tokio::sync::oneshot::channel();
    own.cast(own::Do(ask_ractor, reply)).await.unwrap();
    let open = looking.once(4).await;
    let expected = [
        "Actix Own Ractor Kameo Actix",
        "Kameo Actix Own Ractor Kameo",
        "Own Ractor Kameo Actix Own",
        "Ractor Kameo Actix Own Ractor",
    ];
    assert_eq!(asks(&open), expected);
    assert_eq!(cycles(&open), ["Actix Own Ractor Kameo"]);
}

async fn asks_outside_of_handlers(looking: &Looking<'_>) {
    let (ractor, kameo, actix) = (with_ractor::start().await, Kameo::spawn(Kameo), Actix.start());
    let asking = async {
        tokio::join!(
            async { drop(call!(ractor, ToRactor::Do, forever())) },
            async { drop(kameo.ask(with_kameo::Do(forever())).await) },
            async { actix.send(with_actix::Do(forever())).await.unwrap_or_default() },
        );
    };
    tokio::select! {
        () = asking => panic!("nobody answers"),
        open = looking.once(3) => assert_eq!(asks(&open), ["- Actix", "- Kameo", "- Ractor"]),
    }
}

/// Handlers that go on with other work: after an answer, a time-out, and a send that failed.
async fn asks_that_are_over(looking: &Looking<'_>) {
    let (stuck, early, dead) =
        (with_ractor::start().await, with_ractor::start().await, with_ractor::start().await);
    dead.stop_and_wait(None, None).await.unwrap();
    let (left, middle, right) =
        (with_ractor::start().await, with_ractor::start().await, with_ractor::start().await);
    stuck.cast(ToRactor::Told(forever())).unwrap();
    let answered = work(move || async move {
        call!(early, ToRactor::Answer, forever()).unwrap();
        std::future::pending::<()>().await;
    });
    let timed_out = work(move || async move {
        call_t!(stuck, ToRactor::Do, 1, forever()).unwrap_err();
        std::future::pending::<()>().await;
    });
    let failed = work(move || async move {
        call!(dead, ToRactor::Do, forever()).unwrap_err();
        std::future::pending::<()>().await;
    });
    left.cast(ToRactor::Told(answered)).unwrap();
    middle.cast(ToRactor::Told(timed_out)).unwrap();
    right.cast(ToRactor::Told(failed)).unwrap();
    let open = looking.until(5, |open| open.asks.is_empty()).await;
    assert_eq!(cycles(&open), <Vec<String>>::new());
}

/// A handler that asks two at once, of which one answers, and one whose answer is to come from elsewhere.
async fn several_at_once(looking: &Looking<'_>) {
    let (asker, quick, slow) =
        (with_ractor::start().await, with_ractor::start().await, with_ractor::start().await);
    let (other, keeps) = (with_ractor::start().await, with_ractor::start().await);
    let slowly = slow.clone();
    let both = work(move || async move {
        let answered = work(|| async {});
        let (quick, slow) = tokio::join!(async { call!(quick, ToRactor::Do, answered) }, async {
            call!(slowly, ToRactor::Do, forever())
        },);
        drop((quick, slow));
    });
    asker.cast(ToRactor::Told(both)).unwrap();
    other.cast(ToRactor::Told(work(move || async move { drop(call!(keeps, ToRactor::Keep)) }))).unwrap();
    let open = looking.until(3, |open| open.asks.len() == 2).await;
    assert_eq!(asks(&open), ["Ractor Ractor", "Ractor Ractor"]);
    slow.kill();
    let open = looking.until(1, |open| open.asks.len() == 1).await;
    assert_eq!(cycles(&open), <Vec<String>>::new());
}

/// Asks whose handler has ended, because the answer comes from elsewhere.
async fn answers_from_elsewhere(looking: &Looking<'_>) {
    let [asker, other, delegates, forwards, last] = std::array::from_fn(|_| Kameo::spawn(Kameo));
    let delegated = work(move || async move { drop(delegates.ask(with_kameo::Delegate).await) });
    asker.tell(with_kameo::Do(delegated)).await.unwrap();
    let forward = with_kameo::Forward(last, forever());
    let forwarded = work(move || async move { drop(forwards.ask(forward).await) });
    other.tell(with_kameo::Do(forwarded)).await.unwrap();
    // Both that ask, and the one to which a message was forwarded.
    let open = looking.until(3, |open| open.asks.len() == 2).await;
    assert_eq!((asks(&open), cycles(&open)), (vec!["Kameo Kameo".to_owned(); 2], vec![]));
}

async fn messages_that_nobody_waits_for(looking: &Looking<'_>) {
    let (left, right) = (Kameo::spawn(Kameo), Kameo::spawn(Kameo));
    let (first, second) = (left.clone(), right.clone());
    // The first one is taken for an ask until it is handled, since there is a reply.
    for _ in 0..2 {
        left.tell(with_kameo::Do(work(|| async {}))).await.unwrap();
    }
    let told = work(move || async move {
        let back = work(move || async move {
            first.tell(with_kameo::Do(forever())).await.unwrap();
            std::future::pending::<()>().await;
        });
        second.tell(with_kameo::Do(back)).await.unwrap();
        std::future::pending::<()>().await;
    });
    left.tell(with_kameo::Do(told)).await.unwrap();
    let open = looking.once(2).await;
    assert_eq!((asks(&open), cycles(&open)), (vec![], vec![]));
}
