// `Sender`, and its methods about the state of the channel.

async fn sending(log: &mut Log) {
    let (sender, mut receiver) = mpsc::channel(3);
    log.see("new", (sender.capacity(), sender.max_capacity(), receiver.capacity(), receiver.max_capacity()));
    log.see("send", sender.send(Note(1)).await);
    log.see("try_send", sender.try_send(Note(2)));
    log.see("send_timeout", sender.send_timeout(Note(3), Duration::from_secs(1)).await);
    log.see("full", (sender.capacity(), receiver.len(), receiver.is_empty()));
    log.see("sender", &sender);
    log.see("receiver", &receiver);
    for _ in 0..3 {
        log.see("order", receiver.recv().await);
    }
    log.see("empty", (sender.capacity(), receiver.len(), receiver.is_empty()));
}

async fn send_errors(log: &mut Log) {
    let (sender, receiver) = mpsc::channel(1);
    sender.send(Note(1)).await.unwrap();
    let full = sender.try_send(Note(2)).unwrap_err();
    log.see("full", &full);
    log.see("words", full.to_string());
    log.see("the message comes back", full.into_inner());

    drop(receiver);
    let gone: SendError<Note> = sender.send(Note(3)).await.unwrap_err();
    log.see("gone", &gone);
    log.see("words", gone.to_string());
    log.see("the message comes back", gone.0);
    match sender.try_send(Note(4)) {
        Err(error @ TrySendError::Closed(_)) => {
            log.see("closed", (&error, error.to_string()));
            log.see("the message comes back", error.into_inner());
        }
        other => log.see("not closed", other),
    }
    let error = sender.send_timeout(Note(5), Duration::from_secs(1)).await.unwrap_err();
    log.see("closed", (&error, error.to_string()));
    log.see("the message comes back", error.into_inner());
    log.see("converts", TrySendError::from(SendError(Note(6))));
}

async fn timeouts(log: &mut Log) {
    let (sender, mut receiver) = mpsc::channel(1);
    sender.send(Note(1)).await.unwrap();
    let start = tokio::time::Instant::now();
    let error = sender.send_timeout(Note(2), Duration::from_millis(250)).await.unwrap_err();
    log.see("after", start.elapsed());
    log.see("timeout", (&error, error.to_string(), matches!(error, SendTimeoutError::Timeout(_))));
    log.see("the message comes back", error.into_inner());

    let (sent, received) = tokio::join!(sender.send_timeout(Note(3), Duration::from_secs(1)), async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        receiver.recv().await
    });
    log.see("in time", (sent, received, receiver.recv().await));
}

async fn handles(log: &mut Log) {
    let (sender, mut receiver) = mpsc::channel::<Note>(1);
    let (other, _kept) = mpsc::channel::<Note>(1);
    let clone = sender.clone();
    log.see("same", (sender.same_channel(&clone), sender.same_channel(&other)));
    let counts = || (receiver.sender_strong_count(), receiver.sender_weak_count());
    log.see("two", (counts(), sender.strong_count(), sender.weak_count()));
    let weak = clone.downgrade();
    log.see("and a weak one", (counts(), sender.strong_count(), sender.weak_count()));
    drop(clone);
    log.see("one and a weak one", (counts(), weak.strong_count(), weak.weak_count()));
    log.see("open", (sender.is_closed(), receiver.is_closed()));
    drop(sender);
    log.see("no sender", (counts(), receiver.is_closed()));
    log.see("end", receiver.recv().await);
}

async fn weak_senders(log: &mut Log) {
    let (sender, mut receiver) = mpsc::channel(2);
    let weak = sender.downgrade();
    log.see("weak", &weak);
    let strong = weak.upgrade().unwrap();
    log.see("same", strong.same_channel(&sender));
    strong.send(Note(1)).await.unwrap();
    drop(sender);
    log.see("counts", (weak.strong_count(), weak.clone().weak_count(), weak.weak_count()));
    drop(strong);
    log.see("no upgrade", weak.upgrade());
    log.see("what was sent", receiver.recv().await);
    log.see("a weak sender does not keep it open", receiver.recv().await);
}

async fn closing_from_the_sender(log: &mut Log) {
    let (sender, mut receiver) = mpsc::channel::<Note>(1);
    let mut closed = pin!(sender.closed());
    log.see("open", (poll_once(closed.as_mut()), sender.is_closed()));
    receiver.close();
    log.see("closed", (poll_once(closed.as_mut()), sender.is_closed()));
    sender.closed().await;

    let (sender, receiver) = mpsc::channel::<Note>(1);
    drop(receiver);
    log.see("dropped", (poll_once(pin!(sender.closed())), sender.is_closed()));
}
