//! The constructor spawns a block with the loop; the handler is a method. Nothing but the three lines.

use traced_actor::sync::mpsc;

#[traced_actor::traced_actor]
enum Link {
    Append(String),
}

struct Chain {
    links: Vec<String>,
}

#[traced_actor::traced_actor]
impl Chain {
    async fn on_link(&mut self, link: Link) -> Result<(), &'static str> {
        let Link::Append(text) = link;
        if text.is_empty() {
            return Err("empty");
        }
        self.links.push(text);
        Ok(())
    }
}

struct Handle {
    sender: mpsc::Sender<Link>,
}

impl Handle {
    fn new() -> (Self, tokio::task::JoinHandle<usize>) {
        let (sender, mut receiver) = mpsc::channel(8);
        let mut chain = Chain { links: Vec::new() };
        let task = tokio::spawn(async move {
            while let Some(link) = receiver.recv().await {
                let _ = chain.on_link(link).await;
            }
            chain.links.len()
        });
        (Self { sender }, task)
    }
}

pub async fn exercise() -> Vec<String> {
    let (handle, task) = Handle::new();
    for text in ["genesis", ""] {
        handle.sender.send(Link::Append(text.to_owned())).await.ok().unwrap();
    }
    drop(handle);
    vec![task.await.unwrap().to_string()]
}
