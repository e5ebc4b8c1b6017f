// The unbounded channel.

async fn unbounded(log: &mut Log) {
    let (sender, mut receiver) = mpsc::unbounded_channel();
    for n in 1..=100 {
        sender.send(Note(n)).unwrap();
    }
    log.see("queued", (receiver.len(), receiver.is_empty()));
    log.see("sender", &sender);
    log.see("receiver", &receiver);
    let mut sum = 0;
    while let Ok(Note(n)) = receiver.try_recv() {
        sum += n;
    }
    log.see("all", (sum, receiver.len(), receiver.is_empty()));
    drop(sender);
    log.see("end", receiver.recv().await);
}

async fn unbounded_errors(log: &mut Log) {
    let (sender, mut receiver) = mpsc::unbounded_channel();
    log.see("empty", receiver.try_recv());
    sender.send(Note(1)).unwrap();
    let mut closed = pin!(sender.closed());
    log.see("open", (poll_once(closed.as_mut()), sender.is_closed(), receiver.is_closed()));
    receiver.close();
    log.see("closed", (poll_once(closed), sender.is_closed(), receiver.is_closed()));
    let error = sender.send(Note(2)).unwrap_err();
    log.see("closed", (&error, error.to_string()));
    log.see("the message comes back", error.0);
    log.see("what was sent", (receiver.recv().await, receiver.recv().await, receiver.try_recv()));
    drop(receiver);
    log.see("gone", (sender.send(Note(3)), sender.is_closed()));
}

async fn unbounded_receiving(log: &mut Log) {
    let (sender, mut receiver) = mpsc::unbounded_channel();
    let (wakes, waker) = Wakes::waker();
    let mut cx = Context::from_waker(&waker);
    let mut buffer = Vec::new();
    log.see("empty", receiver.poll_recv(&mut cx));
    log.see("empty", receiver.poll_recv_many(&mut cx, &mut buffer, 2));
    for n in 1..=6 {
        sender.send(Note(n)).unwrap();
    }
    log.see("woken", wakes.count());
    log.see("one", receiver.poll_recv(&mut cx));
    log.see("two", (receiver.poll_recv_many(&mut cx, &mut buffer, 2), &buffer));
    log.see("one", receiver.recv().await);
    log.see("the rest", (receiver.recv_many(&mut buffer, 10).await, &buffer));
    log.see("waits", poll_once(pin!(receiver.recv())));
    log.see("waits", poll_once(pin!(receiver.recv_many(&mut buffer, 1))));
    log.see("limit 0", receiver.recv_many(&mut buffer, 0).await);
    sender.send(Note(7)).unwrap();
    log.see("nothing is lost", receiver.recv().await);
    drop(sender);
    log.see("closed", (receiver.recv().await, receiver.recv_many(&mut buffer, 1).await));
    log.see("closed", (receiver.poll_recv(&mut cx), receiver.poll_recv_many(&mut cx, &mut buffer, 1)));
}

async fn unbounded_handles(log: &mut Log) {
    let (sender, mut receiver) = mpsc::unbounded_channel();
    let (other, _kept) = mpsc::unbounded_channel();
    let clone = sender.clone();
    log.see("same", (sender.same_channel(&clone), sender.same_channel(&other)));
    other.send(Note(0)).unwrap();
    let weak = sender.downgrade();
    log.see("weak", &weak);
    let counts = (sender.strong_count(), sender.weak_count(), weak.strong_count(), weak.weak_count());
    log.see("counts", (counts, receiver.sender_strong_count(), receiver.sender_weak_count()));
    drop((sender, clone.send(Note(1))));
    let upgraded = weak.clone().upgrade().unwrap();
    log.see("same", upgraded.same_channel(&clone));
    drop((clone, upgraded));
    log.see("no upgrade", (weak.upgrade(), weak.strong_count(), receiver.is_closed()));
    log.see("what was sent", (receiver.recv().await, receiver.recv().await));
}
