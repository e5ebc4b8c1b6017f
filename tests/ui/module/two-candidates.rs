use traced_actor::traced_actor;

#[traced_actor]
mod guild {
    pub enum Message {
        Tick,
    }

    pub struct Guild {
        pub receiver: traced_actor::sync::mpsc::Receiver<Message>,
    }

    impl Guild {
        fn one(&mut self, _message: Message) {}
        fn two(&mut self, _message: Message) {}
    }
}

fn main() {}
