use traced_actor::sync::mpsc;
use traced_actor::traced_actor;

struct Room(mpsc::Receiver<std::process::Child>);

#[traced_actor(by_type(std::process::Child))]
impl Room {
    async fn run(&mut self) {
        while self.0.recv().await.is_some() {}
    }
}

fn main() {}
