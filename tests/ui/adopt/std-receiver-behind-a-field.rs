#![deny(deprecated)]

use traced_actor::traced_actor;

mod encoder {
    #[traced_actor::traced_actor]
    pub struct Frame(pub Vec<u8>);

    pub struct Encoder {
        pub frames: std::sync::mpsc::Receiver<Frame>,
        pub bytes: usize,
    }
}

use encoder::{Encoder, Frame};

#[traced_actor]
impl Encoder {
    pub fn run(mut self) {
        while let Ok(frame) = self.frames.recv() {
            self.encode(frame);
        }
    }

    fn encode(&mut self, frame: Frame) {
        self.bytes += frame.0.len();
    }
}

// The attribute says that std's channel is intended.
#[traced_actor]
impl Encoder {
    #[traced(skip)]
    pub fn drain(&self) {
        while let Ok(Frame(_)) = self.frames.try_recv() {}
    }

    pub fn handle_frame(&mut self, frame: Frame) {
        self.encode(frame);
    }
}

fn main() {}
