use traced_actor::traced_actor;

#[traced_actor]
mod mail {
    use tokio::sync::mpsc;

    pub enum Mail {
        Letter,
    }

    pub struct Postbox {
        mail: mpsc::Receiver<Mail>,
    }

    impl Postbox {
        pub async fn run(mut self) {
            while let Some(mail) = self.mail.recv().await {
                self.handle_message(mail);
            }
        }

        fn handle_message(&mut self, _mail: Mail) {}
    }
}

fn main() {}
