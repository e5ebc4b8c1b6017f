//! Plain functions that poll or block: frames of a game, threads.

use traced_actor::sync::mpsc;
use traced_actor::{testkit, traced_actor};
use traced_actor_channels::flume;

use super::{Note, check, check_notes, in_trace, sent};

#[traced_actor]
pub(crate) enum Knob {
    Turn(u8),
}

struct Game {
    inputs: mpsc::Receiver<Knob>,
    notes: mpsc::Sender<Note>,
}

#[traced_actor]
impl Game {
    fn frame(&mut self) {
        while let Ok(input) = self.inputs.try_recv() {
            self.handle_message(input);
        }
    }

    fn handle_message(&mut self, Knob::Turn(_): Knob) {
        self.notes.try_send(Note).ok();
    }
}

#[tokio::test]
async fn a_frame_drains_its_mailbox() {
    let (notes, mut noted) = mpsc::channel(8);
    let mut game = Game { inputs: sent(vec![Knob::Turn(1), Knob::Turn(2)]).await, notes };
    game.frame();
    game.frame();
    check("Game", &[("Turn", None), ("Turn", None)]);
    check_notes(&mut noted, 2);
}

#[traced_actor(name = "InlineFrame")]
fn inline_frame(inputs: &mut mpsc::Receiver<Knob>, notes: &mpsc::Sender<Note>) {
    while let Ok(Knob::Turn(_)) = inputs.try_recv() {
        notes.try_send(Note).ok();
    }
}

#[tokio::test]
async fn a_frame_may_match_inline() {
    let (notes, mut noted) = mpsc::channel(8);
    let mut inputs = sent(vec![Knob::Turn(1), Knob::Turn(2)]).await;
    inline_frame(&mut inputs, &notes);
    check("InlineFrame", &[("Turn", None), ("Turn", None)]);
    check_notes(&mut noted, 2);
}

/// A mixer over flume with this loop.
macro_rules! mixer {
    ($test:ident $name:literal: $($run:tt)*) => {
        mod $test {
            use super::*;

            pub(super) struct Mixer {
                pub(super) knobs: flume::Receiver<Knob>,
                pub(super) notes: mpsc::Sender<Note>,
            }

            #[traced_actor(name = $name)]
            impl Mixer {
                $($run)*

                fn on_knob(&mut self, Knob::Turn(to): Knob) {
                    assert!(to > 0);
                    self.notes.blocking_send(Note).ok();
                }
            }
        }

        #[tokio::test]
        async fn $test() {
            testkit::install();
            let (notes, mut noted) = mpsc::channel(8);
            let (knobs, receiver) = flume::bounded(4);
            in_trace(async { (1..3).for_each(|n| knobs.send(Knob::Turn(n)).unwrap()) }).await;
            drop(knobs);
            let mixer = $test::Mixer { knobs: receiver, notes };
            std::thread::spawn(|| mixer.run_loop()).join().unwrap();
            check($name, &[("Turn", None), ("Turn", None)]);
            check_notes(&mut noted, 2);
        }
    };
}

mixer! { recv "Recv":
    pub(super) fn run_loop(mut self) {
        while let Ok(knob) = self.knobs.recv() {
            self.on_knob(knob);
            while let Ok(knob) = self.knobs.try_recv() { self.on_knob(knob); }
        }
    }
}

mixer! { recv_timeout "RecvTimeout":
    pub(super) fn run_loop(mut self) {
        while let Ok(knob) = self.knobs.recv_timeout(std::time::Duration::from_secs(60)) { self.on_knob(knob); }
    }
}

mixer! { iter "Iter":
    pub(super) fn run_loop(mut self) {
        let knobs = self.knobs.clone();
        for knob in knobs.iter() { self.on_knob(knob); }
    }
}

mixer! { drain "Drain":
    pub(super) fn run_loop(mut self) {
        let knobs = self.knobs.clone();
        for knob in knobs.drain() { self.on_knob(knob); }
    }
}

mixer! { helper "ThreadHelper":
    pub(super) fn run_loop(mut self) {
        while let Some(knob) = self.next_knob() { self.on_knob(knob); }
    }
    fn next_knob(&self) -> Option<Knob> { self.knobs.recv().ok() }
}
