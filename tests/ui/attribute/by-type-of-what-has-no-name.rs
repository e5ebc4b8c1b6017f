use traced_actor::sync::mpsc;
use traced_actor::traced_actor;

struct Room(mpsc::Receiver<[u8; 4]>);

#[traced_actor(by_type([u8; 4]))]
impl Room {
    async fn run(&mut self) {
        while self.0.recv().await.is_some() {}
    }
}

fn main() {}
