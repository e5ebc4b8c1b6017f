//! The handler spawns its long work with `task::spawn`, which continues the trace.

use traced_actor::sync::mpsc;

#[traced_actor::traced_actor]
enum Paper {
    File(String),
    Filed(usize),
}

struct Clerk {
    papers: mpsc::Receiver<Paper>,
    own: mpsc::WeakSender<Paper>,
    filed: usize,
}

#[traced_actor::traced_actor]
impl Clerk {
    async fn run(mut self) -> usize {
        while let Some(paper) = self.papers.recv().await {
            self.on_paper(paper);
        }
        self.filed
    }

    fn on_paper(&mut self, paper: Paper) {
        match paper {
            Paper::File(text) => {
                let own = self.own.upgrade();
                traced_actor::task::spawn(async move {
                    tokio::task::yield_now().await;
                    own?.send(Paper::Filed(text.len())).await.ok()
                });
            }
            Paper::Filed(length) => self.filed += length,
        }
    }
}

pub async fn exercise() -> Vec<String> {
    let (office, papers) = mpsc::channel(4);
    let own = office.downgrade();
    office.send(Paper::File("tax".to_owned())).await.ok().unwrap();
    let clerk = tokio::spawn(Clerk { papers, own, filed: 0 }.run());
    tokio::time::sleep(std::time::Duration::from_millis(1)).await;
    drop(office);
    vec![clerk.await.unwrap().to_string()]
}
