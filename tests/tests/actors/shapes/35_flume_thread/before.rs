//! A thread over flume.

use flume;

enum Frame {
    Frame(Vec<u8>),
}

struct Encoder {
    frames: flume::Receiver<Frame>,
}

impl Encoder {
    fn run(&mut self) -> usize {
        let mut bytes = 0;
        while let Ok(frame) = self.frames.recv() {
            bytes += self.encode(frame);
        }
        bytes
    }

    fn encode(&mut self, frame: Frame) -> usize {
        let Frame::Frame(bytes) = frame;
        bytes.len()
    }
}

pub async fn exercise() -> Vec<String> {
    let (camera, frames) = flume::unbounded();
    for size in [3, 4] {
        camera.send(Frame::Frame(vec![0; size])).ok().unwrap();
    }
    drop(camera);
    let thread = std::thread::spawn(move || Encoder { frames }.run());
    vec![thread.join().unwrap().to_string()]
}
