//! The actor sends to itself.

use traced_actor::sync::mpsc;

#[traced_actor::traced_actor]
enum Crawl {
    Visit { depth: u8 },
}

struct Crawler {
    crawls: mpsc::UnboundedReceiver<Crawl>,
    own: mpsc::WeakUnboundedSender<Crawl>,
    pages: u8,
}

#[traced_actor::traced_actor]
impl Crawler {
    async fn run(mut self) -> u8 {
        while let Some(crawl) = self.crawls.recv().await {
            self.visit(crawl).await;
        }
        self.pages
    }

    async fn visit(&mut self, crawl: Crawl) {
        let Crawl::Visit { depth } = crawl;
        self.pages += 1;
        if let Some(own) = self.own.upgrade().filter(|_| depth > 0) {
            own.send(Crawl::Visit { depth: depth - 1 }).ok();
        }
    }
}

pub async fn exercise() -> Vec<String> {
    let (crawler, crawls) = mpsc::unbounded_channel();
    let own = crawler.downgrade();
    crawler.send(Crawl::Visit { depth: 2 }).ok().unwrap();
    let task = tokio::spawn(Crawler { crawls, own, pages: 0 }.run());
    tokio::time::sleep(std::time::Duration::from_millis(1)).await;
    drop(crawler);
    vec![task.await.unwrap().to_string()]
}
