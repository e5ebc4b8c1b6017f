//! The mailbox has its own type, with what was put back in front.

use traced_actor::sync::mpsc;

#[traced_actor::traced_actor]
enum Control {
    Play,
    Pause,
}

struct Inbox {
    receiver: mpsc::Receiver<Control>,
    closed: bool,
}

impl Inbox {
    async fn recv(&mut self) -> Option<Control> {
        let control = self.receiver.recv().await;
        self.closed |= control.is_none();
        control
    }
}

struct Player {
    inbox: Inbox,
    playing: Vec<bool>,
}

#[traced_actor::traced_actor]
impl Player {
    async fn run(mut self) -> Vec<bool> {
        while let Some(control) = self.inbox.recv().await {
            self.control(control).await;
        }
        self.playing
    }

    async fn control(&mut self, control: Control) {
        self.playing.push(matches!(control, Control::Play));
    }
}

pub async fn exercise() -> Vec<String> {
    let (remote, receiver) = mpsc::channel(4);
    remote.send(Control::Play).await.ok().unwrap();
    remote.send(Control::Pause).await.ok().unwrap();
    drop(remote);
    let player = Player { inbox: Inbox { receiver, closed: false }, playing: Vec::new() };
    vec![format!("{:?}", tokio::spawn(player.run()).await.unwrap())]
}
