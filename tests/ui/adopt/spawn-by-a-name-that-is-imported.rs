#![deny(deprecated)]

#[traced_actor::traced_actor]
pub mod archive {
    use std::thread;
    use tokio::task::{self, spawn_local as local};

    pub enum Message {
        Store,
    }

    pub struct Archive;

    impl Archive {
        pub async fn handle_message(&mut self, message: Message) {
            let Message::Store = message;
            task::spawn::<_>(async {});
            local(async {});
            thread::spawn(|| ());
        }
    }
}

fn main() {}
