//! No handler: the message is matched inline, and an error ends the loop.

use traced_actor::sync::mpsc;

#[traced_actor::traced_actor]
struct Row(&'static str);

struct Importer {
    rows: mpsc::Receiver<Row>,
    sum: u32,
}

#[traced_actor::traced_actor]
impl Importer {
    async fn import(mut self) -> Result<u32, String> {
        while let Some(Row(text)) = self.rows.recv().await {
            self.sum += text.parse::<u32>().map_err(|_| "bad row".to_owned())?;
        }
        Ok(self.sum)
    }
}

pub async fn exercise() -> Vec<String> {
    let (rows, receiver) = mpsc::channel(4);
    for text in ["7", "seven"] {
        rows.send(Row(text)).await.ok().unwrap();
    }
    let importer = Importer { rows: receiver, sum: 0 };
    vec![format!("{:?}", tokio::spawn(importer.import()).await.unwrap())]
}
