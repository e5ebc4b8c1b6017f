use traced_actor::traced_actor;

struct Postbox {
    mail: tokio::sync::mpsc::UnboundedReceiver<String>,
}

#[traced_actor]
impl Postbox {
    fn new(mail: tokio::sync::mpsc::UnboundedReceiver<String>) -> Self {
        Self { mail }
    }

    async fn run(mut self) {
        while let Some(mail) = self.mail.recv().await {
            drop(mail);
        }
    }
}

fn main() {}
