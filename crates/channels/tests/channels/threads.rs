//! The macro finds receive loops of threads: each message has exactly one span, in its sender's trace, and messages
//! that its handler sends continue that trace.

use traced_actor_channels::crossbeam_channel;
use traced_actor_channels::std::sync::mpsc as std_mpsc;

use super::*;

#[traced_actor]
enum Knob {
    Turn(u8),
}

/// A mixer over this channel, with this loop.
macro_rules! mixer {
    ($($test:ident $name:literal $Receiver:ty, $channel:expr; { $($run:tt)* })*) => {
        $(mod $test {
            use super::*;

            pub(super) struct Mixer {
                pub(super) knobs: $Receiver,
                pub(super) notes: mpsc::UnboundedSender<u8>,
            }

            #[traced_actor(name = $name)]
            impl Mixer {
                $($run)*

                fn on_knob(&mut self, Knob::Turn(to): Knob) {
                    self.notes.send(to).ok();
                }
            }
        }

        #[tokio::test]
        async fn $test() {
            let (notes, mut noted) = mpsc::unbounded_channel_named_by_type();
            let (knobs, receiver) = $channel;
            let cause = handling(async { (1..3).for_each(|n| knobs.send(Knob::Turn(n)).ok().unwrap()) }).await;
            drop(knobs);
            let mixer = $test::Mixer { knobs: receiver, notes };
            std::thread::spawn(|| mixer.run_loop()).join().unwrap();
            let mut spans = spans($name);
            spans.sort_by_key(|span| span.start);
            assert_eq!(spans.len(), 2, "{spans:#?}");
            assert!(spans.iter().all(|span| span.parent == Some(cause)), "{spans:#?}");
            let mut senders = Vec::new();
            while let Some(note) = noted.recv_envelope().await {
                senders.push(sender_of(&note));
            }
            assert_eq!(senders, [Some(spans[0].context.span_id), Some(spans[1].context.span_id)]);
        })*
    };
}

mixer! {
    crossbeam_loop "CrossbeamLoop" crossbeam_channel::Receiver<Knob>, crossbeam_channel::bounded(4); {
        pub(super) fn run_loop(mut self) {
            while let Ok(knob) = self.knobs.recv() {
                self.on_knob(knob);
                while let Ok(knob) = self.knobs.try_recv() { self.on_knob(knob); }
            }
        }
    }
    crossbeam_timeout "CrossbeamTimeout" crossbeam_channel::Receiver<Knob>, crossbeam_channel::unbounded(); {
        pub(super) fn run_loop(mut self) {
            while let Ok(knob) = self.knobs.recv_timeout(Duration::from_secs(60)) { self.on_knob(knob); }
        }
    }
    crossbeam_iter "CrossbeamIter" crossbeam_channel::Receiver<Knob>, crossbeam_channel::unbounded(); {
        pub(super) fn run_loop(mut self) {
            let knobs = self.knobs.clone();
            #[allow(clippy::explicit_iter_loop)] // as it is often written
            for knob in knobs.iter() { self.on_knob(knob); }
        }
    }
    std_loop "StdLoop" std_mpsc::Receiver<Knob>, std_mpsc::channel(); {
        pub(super) fn run_loop(mut self) {
            while let Ok(knob) = self.knobs.recv() { self.on_knob(knob); }
        }
    }
    std_sync_timeout "StdSyncTimeout" std_mpsc::Receiver<Knob>, std_mpsc::sync_channel(4); {
        pub(super) fn run_loop(mut self) {
            while let Ok(knob) = self.knobs.recv_timeout(Duration::from_secs(60)) { self.on_knob(knob); }
        }
    }
    std_helper "StdHelper" std_mpsc::Receiver<Knob>, std_mpsc::channel(); {
        pub(super) fn run_loop(mut self) {
            while let Some(knob) = self.next_knob() { self.on_knob(knob); }
        }
        fn next_knob(&self) -> Option<Knob> { self.knobs.recv().ok() }
    }
}

/// A thread that only polls is its own flow, as one that blocks.
#[test]
fn a_thread_that_polls_needs_no_flow() {
    #[traced_actor]
    #[derive(Debug)]
    struct Polled;

    testkit::install();
    let (crossbeam, crossbeam_receiver) = crossbeam_channel::unbounded();
    let (std_sender, std_receiver) = std_mpsc::channel();
    let (flume_sender, flume_receiver) = traced_actor_channels::flume::unbounded();
    let (async_sender, async_receiver) = traced_actor_channels::async_channel::unbounded();
    crossbeam.send(Polled).unwrap();
    std_sender.send(Polled).unwrap();
    flume_sender.send(Polled).unwrap();
    async_sender.try_send(Polled).unwrap();
    let seen = std::thread::spawn(move || {
        let mut seen = Vec::new();
        crossbeam_receiver.try_recv().unwrap();
        seen.push(current());
        crossbeam_receiver.try_recv().unwrap_err();
        std_receiver.try_recv().unwrap();
        seen.push(current());
        std_receiver.try_recv().unwrap_err();
        flume_receiver.try_recv().unwrap();
        seen.push(current());
        flume_receiver.try_recv().unwrap_err();
        async_receiver.try_recv().unwrap();
        seen.push(current());
        async_receiver.try_recv().unwrap_err();
        assert_eq!(current(), None, "the thread is as it was");
        seen
    });
    let seen = seen.join().unwrap();
    let mut spans = spans("Polled");
    spans.sort_by_key(|span| span.start);
    let ids: Vec<_> = spans.iter().map(|span| Some(span.context.span_id)).collect();
    assert_eq!(ids, seen);
}

/// Types in a signature are read by the macro: those of this crate are taken for traced ones, by whatever path.
#[allow(clippy::needless_pass_by_value)] // as the function of a thread has it
#[traced_actor(name = "InSignature")]
fn in_signature(
    knobs: traced_actor_channels::std::sync::mpsc::Receiver<Knob>,
    notes: &mpsc::UnboundedSender<u8>,
) {
    while let Ok(Knob::Turn(to)) = knobs.recv() {
        notes.send(to).ok();
    }
}

#[tokio::test]
async fn a_path_of_this_crate_is_no_foreign_one() {
    let (notes, mut noted) = mpsc::unbounded_channel_named_by_type();
    let (knobs, receiver) = std_mpsc::channel();
    let cause = handling(async { knobs.send(Knob::Turn(1)).unwrap() }).await;
    drop(knobs);
    std::thread::spawn(move || in_signature(receiver, &notes)).join().unwrap();
    let span = only("InSignature");
    assert_eq!(span.parent, Some(cause));
    assert_eq!(sender_of(&noted.recv_envelope().await.unwrap()), Some(span.context.span_id));
}
