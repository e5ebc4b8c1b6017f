//! A separate thread, and a mailbox that blocks.

use tokio::sync::{mpsc, oneshot};

struct Draw {
    pixels: usize,
    done: oneshot::Sender<usize>,
}

struct Renderer {
    draws: mpsc::Receiver<Draw>,
    total: usize,
}

impl Renderer {
    fn run(mut self) {
        while let Some(draw) = self.draws.blocking_recv() {
            self.draw(draw);
        }
    }

    fn draw(&mut self, draw: Draw) {
        self.total += draw.pixels;
        let _ = draw.done.send(self.total);
    }
}

pub async fn exercise() -> Vec<String> {
    let (scene, draws) = mpsc::channel(4);
    let thread = std::thread::spawn(move || Renderer { draws, total: 0 }.run());
    let mut totals = Vec::new();
    for pixels in [100, 50] {
        let (done, total) = oneshot::channel();
        scene.send(Draw { pixels, done }).await.ok().unwrap();
        totals.push(total.await.unwrap().to_string());
    }
    drop(scene);
    thread.join().unwrap();
    totals
}
