use traced_actor::sync::mpsc;
use traced_actor::traced_actor;

struct Said<T>(T);

struct Room(mpsc::Receiver<Said<u8>>);

#[traced_actor(by_type(Said<u8>))]
impl Room {
    async fn run(&mut self) {
        while self.0.recv().await.is_some() {}
    }
}

fn main() {}
