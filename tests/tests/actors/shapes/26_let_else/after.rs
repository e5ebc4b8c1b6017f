//! `let … else` in a loop, by way of a helper that makes an error of the end.

use traced_actor::sync::mpsc;

#[traced_actor::traced_actor]
struct Page {
    number: u32,
}

struct Press {
    pages: mpsc::Receiver<Page>,
}

#[traced_actor::traced_actor]
impl Press {
    async fn run(mut self) -> Vec<u32> {
        let mut printed = Vec::new();
        loop {
            let Ok(page) = self.take().await else { break };
            self.print(page, &mut printed).await;
        }
        printed
    }

    async fn take(&mut self) -> Result<Page, &'static str> {
        self.pages.recv().await.ok_or("no more pages")
    }

    async fn print(&mut self, page: Page, printed: &mut Vec<u32>) {
        printed.push(page.number);
    }
}

pub async fn exercise() -> Vec<String> {
    let (writer, pages) = mpsc::channel(4);
    for number in [1, 2] {
        writer.send(Page { number }).await.ok().unwrap();
    }
    drop(writer);
    vec![format!("{:?}", tokio::spawn(Press { pages }.run()).await.unwrap())]
}
