//! `traced_actor::sync::mpsc` behaves like `tokio::sync::mpsc`: the same program runs on both with the same results, down to
//! the text of each error and the wake-ups of each task.
//!
//! The program is in `mirror/*.rs`, one file per section. It refers to `mpsc` only, and is included once for each module.

#[path = "../../../crates/channels/tests/channels/implemented.rs"]
mod implemented;
mod random;
mod sampled;
mod traits;

mod support {
    use std::cell::Cell;
    use std::future::Future;
    use std::panic::{self, AssertUnwindSafe};
    use std::pin::Pin;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::{Arc, Mutex, Once};
    use std::task::{Context, Poll, Wake, Waker};

    use traced_actor::traced_actor;

    /// The message for both modules. It is not `Clone`, and `Debug` only for the transcript.
    #[traced_actor]
    #[derive(Debug, PartialEq)]
    pub(crate) struct Note(pub(crate) u32);

    /// The results of a section of the program.
    #[derive(Default)]
    pub(crate) struct Log(Vec<String>);

    impl Log {
        /// Records the `Debug` output of `what`, with all addresses made equal.
        pub(crate) fn see(&mut self, what: &str, value: impl std::fmt::Debug) {
            self.0.push(format!("{what}: {}", without_addresses(&format!("{value:?}"))));
        }

        pub(crate) fn into_lines(self) -> Vec<String> {
            self.0
        }
    }

    fn without_addresses(text: &str) -> String {
        let mut parts = text.split("0x");
        let mut plain = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            plain += "0x…";
            plain += part.trim_start_matches(|c: char| c.is_ascii_hexdigit());
        }
        plain
    }

    /// A waker that counts its wake-ups.
    #[derive(Default)]
    pub(crate) struct Wakes(AtomicUsize);

    impl Wake for Wakes {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }

    impl Wakes {
        pub(crate) fn waker() -> (Arc<Self>, Waker) {
            let wakes = Arc::new(Self::default());
            (wakes.clone(), wakes.into())
        }

        pub(crate) fn count(&self) -> usize {
            self.0.load(Ordering::SeqCst)
        }
    }

    /// Polls a future once, with a waker that does nothing.
    pub(crate) fn poll_once<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
        future.poll(&mut Context::from_waker(Waker::noop()))
    }

    thread_local! {
        static CAUGHT: Cell<bool> = const { Cell::new(false) };
    }

    /// The message of a panic, and its location.
    pub(crate) fn panic_of<T>(run: impl FnOnce() -> T) -> String {
        static HOOK: Once = Once::new();
        static PLACE: Mutex<String> = Mutex::new(String::new());
        HOOK.call_once(|| {
            let others = panic::take_hook();
            panic::set_hook(Box::new(move |info| {
                if CAUGHT.get() {
                    *PLACE.lock().unwrap() = info.to_string();
                } else {
                    others(info);
                }
            }));
        });
        CAUGHT.set(true);
        let result = panic::catch_unwind(AssertUnwindSafe(run));
        CAUGHT.set(false);
        assert!(result.is_err(), "it panics");
        PLACE.lock().unwrap().clone()
    }
}

mod theirs {
    use tokio::sync::mpsc;
    include!("program.rs");
}

mod ours {
    use traced_actor::sync::mpsc;
    include!("program.rs");
}

#[tokio::test(start_paused = true)]
async fn the_same_program_sees_the_same() {
    let theirs = theirs::run().await;
    let ours = ours::run().await;
    assert_eq!(theirs.len(), ours.len());
    for ((section, theirs), (_, ours)) in theirs.iter().zip(&ours) {
        assert!(!theirs.is_empty(), "{section} sees nothing");
        for (theirs, ours) in theirs.iter().zip(ours) {
            assert_eq!(theirs, ours, "in {section}; tokio's is on the left");
        }
        assert_eq!(theirs.len(), ours.len(), "in {section}");
    }
}
