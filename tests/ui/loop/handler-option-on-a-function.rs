use traced_actor::traced_actor;

#[traced_actor(handler = handle, local)]
async fn run(mut receiver: traced_actor::sync::mpsc::Receiver<u32>) {
    while receiver.recv().await.is_some() {}
}

fn main() {}
