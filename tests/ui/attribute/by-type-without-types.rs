use traced_actor::sync::mpsc;
use traced_actor::traced_actor;

struct Said;

struct Room(mpsc::Receiver<Said>);

#[traced_actor(by_type)]
impl Room {
    async fn run(&mut self) {
        while self.0.recv().await.is_some() {}
    }
}

fn main() {}
