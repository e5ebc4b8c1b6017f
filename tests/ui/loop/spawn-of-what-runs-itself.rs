use traced_actor::{sync::mpsc, traced_actor};

#[traced_actor]
enum Tick {
    Tock,
}

struct Clock(mpsc::Receiver<Tick>);

#[traced_actor]
impl Clock {
    async fn run(mut self) {
        while let Some(tick) = self.0.recv().await {
            self.handle(tick);
        }
    }

    fn handle(&mut self, _tick: Tick) {}
}

fn start(clock: Clock) {
    traced_actor::spawn(clock, 1);
}

fn main() {}
