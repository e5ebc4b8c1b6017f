
enum Message {
    Tick,
}

fn start() {
    let (_sender, _receiver) = traced_actor::sync::mpsc::channel::<Message>(1);
    let _ = Message::Tick;
}

fn main() {}
