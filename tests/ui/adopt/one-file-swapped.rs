mod sender {
    pub async fn tell(to: tokio::sync::mpsc::Sender<super::Tick>) {
        drop(to);
    }
}

#[traced_actor::traced_actor]
pub enum Tick {
    Tock,
}

async fn start() {
    let (sender, _receiver) = traced_actor::sync::mpsc::channel(1);
    sender::tell(sender).await;
}

fn main() {}
