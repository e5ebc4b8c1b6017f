//! No id and no choice comes twice after a fork: what a thread draws ahead is its parent's alone.
//!
//! Real forks. A child sends what it drew through a pipe and ends, without a word to the test harness.
#![cfg(unix)]
#![expect(unsafe_code, reason = "nothing safe forks")]

use std::collections::HashSet;
use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::FromRawFd;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use opentelemetry_sdk::trace::IdGenerator;
use traced_actor::context::{new_span_id, new_trace_id, random_below, random_unit};
use traced_actor::sampling::{ParentBased, Ratio, set_sampler};
use traced_actor::sync::mpsc;
use traced_actor::{Envelope, SpanId, TraceId, TracedExt, testkit, traced_actor};
use traced_actor_opentelemetry::ActorIdGenerator;
use traced_actor_sampling::ManualClock;
use traced_actor_sampling::tail::{Tail, TailOptions, TailSpan};

/// The numbers that a process drew.
type Drawn = Vec<u128>;

/// Forks. Returns what the child gets from `draw`.
///
/// The child is the copy of a process of several threads, of which it has one. Allocating is fine there with the C libraries
/// that the tests run on.
#[track_caller]
fn in_child(draw: impl FnOnce() -> Drawn) -> Drawn {
    let (read, write) = pipe();
    // SAFETY: the child runs what it is given, which takes no lock that another thread may have held, and ends.
    let child = unsafe { libc::fork() };
    if child == 0 {
        end_child(write, draw);
    }
    drop(write);
    of_child(child, read)
}

fn pipe() -> (File, File) {
    let mut pipe = [0; 2];
    // SAFETY: the array has room for the two descriptors.
    assert_eq!(unsafe { libc::pipe(pipe.as_mut_ptr()) }, 0);
    // SAFETY: the descriptors are open, and each belongs to this file alone.
    unsafe { (File::from_raw_fd(pipe[0]), File::from_raw_fd(pipe[1])) }
}

/// Sends what it drew, and ends this process.
fn end_child(mut write: File, draw: impl FnOnce() -> Drawn) -> ! {
    let written = catch_unwind(AssertUnwindSafe(|| {
        let bytes: Vec<u8> = draw().into_iter().flat_map(u128::to_ne_bytes).collect();
        write.write_all(&bytes).unwrap();
    }));
    // SAFETY: it ends this process, without running what the parent has registered for its own end.
    unsafe { libc::_exit(i32::from(written.is_err())) }
}

#[track_caller]
fn of_child(child: libc::pid_t, mut read: File) -> Drawn {
    assert!(child > 0, "a child was forked");
    let mut bytes = Vec::new();
    read.read_to_end(&mut bytes).unwrap();
    let mut status = -1;
    // SAFETY: the child is ours, and nobody else waits for it.
    assert_eq!(unsafe { libc::waitpid(child, &raw mut status, 0) }, child);
    assert_eq!(status, 0, "the child drew and ended");
    bytes.chunks_exact(16).map(|bytes| u128::from_ne_bytes(bytes.try_into().unwrap())).collect()
}

/// Some of everything that is drawn. No two of these numbers are equal by chance: the short ones are many in one.
fn draw() -> Drawn {
    let sdks = ActorIdGenerator::default();
    let two = |one: u64, other: u64| u128::from(one) << 64 | u128::from(other);
    let unit = || random_unit().to_bits();
    let below = || random_below(u64::MAX);
    let draw = || {
        [
            new_trace_id().get(),
            two(new_span_id().get(), new_span_id().get()),
            two(below(), below()),
            two(unit(), unit()),
            u128::from_be_bytes(sdks.new_trace_id().to_bytes()),
            two(
                u64::from_be_bytes(sdks.new_span_id().to_bytes()),
                u64::from_be_bytes(sdks.new_span_id().to_bytes()),
            ),
        ]
    };
    (0..20).flat_map(|_| draw()).collect()
}

/// Asserts that no number was drawn twice.
#[track_caller]
fn assert_all_differ(processes: &[Drawn]) {
    let all: Vec<u128> = processes.iter().flatten().copied().collect();
    assert!(processes.iter().all(|drawn| !drawn.is_empty()), "every process drew");
    let different: HashSet<u128> = all.iter().copied().collect();
    assert_eq!(different.len(), all.len());
}

#[test]
fn a_child_draws_other_ids_than_its_parent_and_its_siblings() {
    let before = draw();
    let mut processes: Vec<Drawn> = (0..4).map(|_| in_child(draw)).collect();
    processes.extend([before, draw()]);
    assert_all_differ(&processes);
}

#[test]
fn a_child_of_a_child_draws_its_own() {
    let before = draw();
    // One whose parent draws before it forks, one whose parent draws after that, and one whose parent never does.
    let families = [
        in_child(|| [draw(), in_child(draw)].concat()),
        in_child(|| [in_child(draw), draw()].concat()),
        in_child(|| in_child(draw)),
        in_child(|| in_child(|| in_child(|| [draw(), in_child(draw)].concat()))),
    ];
    assert_all_differ(&[families.concat(), before, draw()]);
}

#[test]
fn a_thread_forks_while_others_draw() {
    const THREADS: usize = 3;
    let (stop, drawing) = (AtomicBool::new(false), AtomicU32::new(0));
    thread::scope(|scope| {
        let others: Vec<_> = (0..THREADS)
            .map(|_| {
                scope.spawn(|| {
                    let mut drawn = draw();
                    drawing.fetch_add(1, Ordering::Relaxed);
                    while !stop.load(Ordering::Relaxed) && drawn.len() < 100_000 {
                        drawn.extend(draw());
                    }
                    drawn
                })
            })
            .collect();
        while (drawing.load(Ordering::Relaxed) as usize) < THREADS {
            thread::yield_now();
        }
        // This thread's first draw comes after its first forks.
        let mut processes: Vec<Drawn> = (0..10).map(|_| in_child(draw)).collect();
        processes.push(draw());
        processes.extend((0..10).map(|_| in_child(draw)));
        stop.store(true, Ordering::Relaxed);
        processes.extend(others.into_iter().map(|thread| thread.join().unwrap()));
        processes.push(draw());
        assert_all_differ(&processes);
    });
}

#[test]
fn threads_of_a_child_draw_their_own() {
    let before = draw();
    let threads = || {
        let own = draw();
        let others: Vec<_> = (0..3).map(|_| thread::spawn(draw)).collect();
        others.into_iter().fold(own, |drawn, thread| [drawn, thread.join().unwrap()].concat())
    };
    assert_all_differ(&[in_child(threads), in_child(threads), threads(), before]);
}

#[test]
fn a_seed_is_for_the_process_that_sets_it() {
    testkit::seed(7);
    let first: Vec<_> = (0..9).map(|_| new_trace_id().get()).collect();
    let nine = || (0..9).map(|_| new_trace_id().get()).collect::<Drawn>();
    testkit::seed(7);
    let child = in_child(nine);
    assert!(child.iter().all(|id| !first.contains(id)), "the parent's seed is not the child's");
    assert_eq!(nine(), first, "the parent goes on with its own");
    let seeded = in_child(|| {
        testkit::seed(7);
        nine()
    });
    assert_eq!(seeded, first, "a seed in the child repeats there");
}

/// The handler of a signal forks at any moment, also in the middle of a draw, and the child goes on from there.
#[test]
fn a_signal_handler_forks() {
    static CHILD: AtomicI32 = AtomicI32::new(-1);
    static FORKED: AtomicBool = AtomicBool::new(false);
    extern "C" fn handler(_: libc::c_int) {
        // SAFETY: `fork` may be called by the handler of a signal; both processes go on with what was interrupted.
        CHILD.store(unsafe { libc::fork() }, Ordering::Relaxed);
        FORKED.store(true, Ordering::Relaxed);
    }
    // In a separate process, so that the signal's thread is the one that draws.
    let family = || {
        let mut all = Drawn::new();
        // SAFETY: the handler is a function of the right type.
        unsafe { libc::signal(libc::SIGALRM, handler as *const () as libc::sighandler_t) };
        for microseconds in 1..=200 {
            FORKED.store(false, Ordering::Relaxed);
            let (read, write) = pipe();
            let every = |tv_usec| libc::timeval { tv_sec: 0, tv_usec };
            let once = libc::itimerval { it_interval: every(0), it_value: every(microseconds) };
            // SAFETY: the old value is not asked for.
            unsafe { libc::setitimer(libc::ITIMER_REAL, &raw const once, std::ptr::null_mut()) };
            while !FORKED.load(Ordering::Relaxed) {
                new_trace_id(); // the last of these may be in both, where it was drawn before the fork
            }
            let child = CHILD.load(Ordering::Relaxed);
            let four = || (0..4).map(|_| new_trace_id().get()).collect();
            if child == 0 {
                end_child(write, four);
            }
            drop(write);
            all.extend(of_child(child, read));
            all.extend::<Drawn>(four());
        }
        all
    };
    assert_all_differ(&[in_child(family)]);
}

#[traced_actor(name = "Forked")]
struct Work;

/// The roots until one is kept, and its trace id. A root is opened off a mailbox, or out of an envelope.
fn until_kept(spans: &testkit::Spans, mailbox: bool) -> Drawn {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let already = spans.named("Forked").len();
    let (sender, mut receiver) = mpsc::channel(1);
    for dropped in 0.. {
        if mailbox {
            let receive = async {
                sender.send(Work).await.unwrap();
                receiver.recv().await.unwrap();
                assert!(receiver.try_recv().is_err(), "which ends the message");
            };
            runtime.block_on(receive.traced());
        } else {
            drop(Envelope::bare(Work).open());
        }
        if let Some(span) = spans.named("Forked").get(already) {
            return vec![dropped, span.context.trace_id.get()];
        }
    }
    unreachable!("one of a thousand is kept")
}

/// The sampler draws at once how many roots in a row are dropped.
#[test]
fn children_do_not_keep_the_same_roots() {
    const CHILDREN: usize = 40;
    let spans = testkit::install();
    set_sampler(ParentBased::new(Ratio::new(0.002))).unwrap();
    for mailbox in [false, true] {
        until_kept(&spans, mailbox); // the next run is drawn
        let children: Vec<Drawn> = (0..CHILDREN).map(|_| in_child(|| until_kept(&spans, mailbox))).collect();
        // Of the 780 pairs about 0.8 keep the same root by chance.
        let roots: HashSet<u128> = children.iter().map(|child| child[0]).collect();
        assert!(roots.len() > CHILDREN * 3 / 4, "{roots:?}");
        let ids: HashSet<u128> = children.iter().map(|child| child[1]).collect();
        assert_eq!(ids.len(), CHILDREN);
    }
}

/// A finished span: its trace, and its id.
struct Held(TraceId, SpanId);

impl TailSpan for Held {
    fn trace_id(&self) -> TraceId {
        self.0
    }
    fn name(&self) -> &'static str {
        "Held"
    }
    fn duration(&self) -> Duration {
        Duration::ZERO
    }
    fn is_failed(&self) -> bool {
        false
    }
    fn bytes(&self) -> usize {
        1
    }
    fn kept(&mut self, _: &'static str, _: f64) {}
}

/// Each process decides about the spans that its own tail holds back.
#[test]
fn a_child_hands_on_no_span_that_its_parent_held_back() {
    let (clock, kept) = (ManualClock::new(), Arc::new(Mutex::new(Drawn::new())));
    let mut options = TailOptions::default();
    options.chance = 1.0;
    let taken = kept.clone();
    let tail = Tail::with_clock(options, clock.clone(), move |span: Held| {
        taken.lock().unwrap().push(span.1.get().into());
    });
    let end_span = || {
        let span = Held(new_trace_id(), new_span_id());
        tail.started(span.0);
        tail.finished(span);
    };
    let kept = |act: &dyn Fn()| {
        act();
        std::mem::take(&mut *kept.lock().unwrap())
    };
    end_span();
    let in_time = in_child(|| {
        kept(&|| {
            end_span();
            clock.advance(Duration::from_secs(3600));
            tail.tick();
        })
    });
    let in_the_end = in_child(|| {
        kept(&|| {
            end_span();
            end_span();
            tail.flush();
        })
    });
    let parents = kept(&|| tail.flush());
    assert_eq!([in_time.len(), in_the_end.len(), parents.len()], [1, 2, 1]);
    assert_all_differ(&[in_time, in_the_end, parents]);
    assert_eq!(tail.counters().held_spans, 0);
}
