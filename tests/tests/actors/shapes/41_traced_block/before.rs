//! The loop stands in a spawned block, and `.traced()` behind it.

use tokio::sync::mpsc;

enum Frame {
    Text(String),
    Close,
}

fn connect(mut frames: mpsc::Receiver<Frame>, echo: mpsc::Sender<Echo>) -> tokio::task::JoinHandle<()> {
    let session = async move {
        while let Some(frame) = frames.recv().await {
            match frame {
                Frame::Text(text) => echo.send(Echo(text)).await.ok().unwrap(),
                Frame::Close => break,
            }
        }
    };
    tokio::spawn(session)
}

pub struct Echo(String);

pub async fn exercise() -> Vec<String> {
    let (sender, frames) = mpsc::channel(4);
    let (echo, mut echoes) = mpsc::channel(4);
    let task = connect(frames, echo);
    sender.send(Frame::Text("hello".to_owned())).await.ok().unwrap();
    sender.send(Frame::Close).await.ok().unwrap();
    task.await.unwrap();
    let heard = tokio::spawn(async move { echoes.recv().await.map(|Echo(text)| text) });
    vec![heard.await.unwrap().unwrap()]
}
