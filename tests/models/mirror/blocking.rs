// Threads that block, and calls that panic.

/// Runs on a thread that may block.
async fn on_a_thread<T: Send + 'static>(run: impl FnOnce() -> T + Send + 'static) -> T {
    tokio::task::spawn_blocking(run).await.unwrap()
}

async fn blocking(log: &mut Log) {
    let (sender, mut receiver) = mpsc::channel(1);
    let (unbounded, mut unbounded_receiver) = mpsc::unbounded_channel();
    let thread = on_a_thread(move || {
        let first = receiver.blocking_recv();
        let second = receiver.blocking_recv();
        let end = receiver.blocking_recv();
        let unbounded = (unbounded_receiver.blocking_recv(), unbounded_receiver.blocking_recv());
        (first, second, end, unbounded)
    });
    let sending = on_a_thread(move || {
        unbounded.send(Note(3)).unwrap();
        (sender.blocking_send(Note(1)), sender.blocking_send(Note(2)))
    });
    log.see("sent, received", tokio::join!(sending, thread));

    let (sender, receiver) = mpsc::channel(1);
    drop(receiver);
    log.see("gone", on_a_thread(move || sender.blocking_send(Note(4))).await);
}

async fn blocking_many(log: &mut Log) {
    let (sender, mut receiver) = mpsc::channel(8);
    let (unbounded, mut unbounded_receiver) = mpsc::unbounded_channel();
    for n in 1..=4 {
        sender.send(Note(n)).await.unwrap();
        unbounded.send(Note(10 + n)).unwrap();
    }
    drop((sender, unbounded));
    let received = on_a_thread(move || {
        let mut buffer = Vec::new();
        let counts = [0, 3, 3, 3].map(|limit| receiver.blocking_recv_many(&mut buffer, limit));
        let unbounded_counts =
            [1, 9, 9].map(|limit| unbounded_receiver.blocking_recv_many(&mut buffer, limit));
        (counts, unbounded_counts, buffer)
    });
    log.see("received", received.await);
}

async fn panics(log: &mut Log) {
    log.see("no room at all", panic_of(|| mpsc::channel::<Note>(0)));
    log.see("too much room", panic_of(|| mpsc::channel::<Note>(usize::MAX)));
    let (sender, mut receiver) = mpsc::channel(1);
    let (_unbounded, mut unbounded_receiver) = mpsc::unbounded_channel::<Note>();
    let mut buffer = Vec::new();
    // In an asynchronous context.
    log.see("blocking_send", panic_of(|| sender.blocking_send(Note(1))));
    log.see("blocking_recv", panic_of(|| receiver.blocking_recv()));
    log.see("blocking_recv_many", panic_of(|| receiver.blocking_recv_many(&mut buffer, 1)));
    log.see("blocking_recv", panic_of(|| unbounded_receiver.blocking_recv()));
    log.see("blocking_recv_many", panic_of(|| unbounded_receiver.blocking_recv_many(&mut buffer, 1)));
    log.see("the channel works on", (sender.try_send(Note(2)), receiver.recv().await));
}
