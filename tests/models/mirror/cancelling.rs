// Futures that are dropped before they are done.

async fn dropped_receives(log: &mut Log) {
    let (sender, mut receiver) = mpsc::channel(4);
    log.see("polled", poll_once(pin!(receiver.recv())));
    sender.send(Note(1)).await.unwrap();
    // Called, and never polled.
    drop(receiver.recv());
    log.see("nothing is lost", (receiver.len(), receiver.recv().await));
    let mut buffer = Vec::new();
    log.see("polled", poll_once(pin!(receiver.recv_many(&mut buffer, 4))));
    sender.send(Note(2)).await.unwrap();
    sender.send(Note(3)).await.unwrap();
    drop(receiver.recv_many(&mut buffer, 4));
    log.see("nothing is lost", (&buffer, receiver.len()));
    log.see("all", (receiver.recv_many(&mut buffer, 4).await, &buffer));
}

async fn dropped_sends(log: &mut Log) {
    let (sender, mut receiver) = mpsc::channel(1);
    drop(sender.send(Note(1)));
    log.see("never polled, never sent", (receiver.try_recv(), sender.capacity()));
    sender.send(Note(2)).await.unwrap();
    log.see("waits", poll_once(pin!(sender.send(Note(3)))));
    log.see("waits", poll_once(pin!(sender.reserve())).is_pending());
    log.see("given up", (receiver.recv().await, receiver.try_recv(), sender.capacity()));

    let mut first = Box::pin(sender.send(Note(4)));
    let held = sender.try_reserve().unwrap();
    let mut second = Box::pin(sender.send(Note(5)));
    log.see("both wait", (poll_once(first.as_mut()), poll_once(second.as_mut())));
    drop(held);
    // The first sender had the capacity; the next one gets it.
    drop(first);
    log.see("the second one goes", (poll_once(second.as_mut()), receiver.recv().await));
}

async fn selecting(log: &mut Log) {
    let (sender, mut receiver) = mpsc::channel(1);
    let sending = async move {
        for n in 0..5 {
            tokio::time::sleep(Duration::from_millis(25)).await;
            sender.send(Note(n)).await.unwrap();
        }
    };
    let receiving = async {
        let start = tokio::time::Instant::now();
        let mut ticks = tokio::time::interval(Duration::from_millis(10));
        loop {
            tokio::select! {
                biased;
                _ = ticks.tick() => log.see("tick", start.elapsed()),
                note = receiver.recv() => match note {
                    Some(note) => log.see("note", (start.elapsed(), note)),
                    None => break log.see("end", start.elapsed()),
                },
            }
        }
    };
    tokio::join!(sending, receiving);
}
