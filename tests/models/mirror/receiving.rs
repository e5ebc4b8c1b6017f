// `Receiver`.

async fn receiving(log: &mut Log) {
    let (sender, mut receiver) = mpsc::channel(2);
    let empty = receiver.try_recv().unwrap_err();
    log.see("empty", (empty, empty.to_string(), empty == TryRecvError::Empty));
    sender.send(Note(1)).await.unwrap();
    sender.send(Note(2)).await.unwrap();
    log.see("try_recv", receiver.try_recv());
    let wakes = {
        let (wakes, waker) = Wakes::waker();
        let mut cx = Context::from_waker(&waker);
        log.see("there", pin!(receiver.recv()).poll(&mut cx));
        let mut recv = pin!(receiver.recv());
        log.see("not there", recv.as_mut().poll(&mut cx));
        let before = wakes.count();
        sender.send(Note(3)).await.unwrap();
        log.see("woken", (before, wakes.count()));
        log.see("there", recv.as_mut().poll(&mut cx));
        wakes
    };
    drop(sender);
    log.see("not woken without interest", wakes.count());
    log.see("closed", (receiver.recv().await, receiver.recv().await));
    let gone = receiver.try_recv().unwrap_err();
    log.see("closed", (gone, gone.to_string(), gone == TryRecvError::Disconnected));
}

async fn receiving_many(log: &mut Log) {
    let (sender, mut receiver) = mpsc::channel(100);
    let mut buffer = vec![Note(0)];
    log.see("limit 0", (receiver.recv_many(&mut buffer, 0).await, &buffer));
    for n in 1..=70 {
        sender.send(Note(n)).await.unwrap();
    }
    log.see("one", (receiver.recv_many(&mut buffer, 1).await, &buffer));
    log.see("appends", (receiver.recv_many(&mut buffer, 3).await, &buffer));
    log.see("over the channel's blocks", (receiver.recv_many(&mut buffer, 60).await, &buffer));
    log.see("what is there", (receiver.recv_many(&mut buffer, usize::MAX).await, buffer.len()));
    log.see("capacity", (sender.capacity(), receiver.len()));
    log.see("waits", poll_once(pin!(receiver.recv_many(&mut buffer, 2))));
    sender.send(Note(71)).await.unwrap();
    log.see("nothing is lost", (receiver.recv_many(&mut buffer, 2).await, buffer.last()));
    drop(sender);
    log.see("closed", (receiver.recv_many(&mut buffer, 2).await, buffer.len()));
}

async fn polling(log: &mut Log) {
    let (sender, mut receiver) = mpsc::channel(2);
    let (wakes, waker) = Wakes::waker();
    let mut cx = Context::from_waker(&waker);
    log.see("empty", receiver.poll_recv(&mut cx));
    log.see("empty", receiver.poll_recv(&mut cx));
    sender.send(Note(1)).await.unwrap();
    sender.send(Note(2)).await.unwrap();
    log.see("woken once", wakes.count());
    log.see("there", receiver.poll_recv(&mut cx));
    log.see("there", receiver.poll_recv(&mut cx));
    log.see("empty", receiver.poll_recv(&mut cx));
    let (later, waker) = Wakes::waker();
    log.see("empty", receiver.poll_recv(&mut Context::from_waker(&waker)));
    drop(sender);
    log.see("the last waker is woken", (wakes.count(), later.count()));
    log.see("closed", receiver.poll_recv(&mut cx));
}

async fn polling_many(log: &mut Log) {
    let (sender, mut receiver) = mpsc::channel(8);
    let (wakes, waker) = Wakes::waker();
    let mut cx = Context::from_waker(&waker);
    let mut buffer = Vec::new();
    log.see("limit 0", receiver.poll_recv_many(&mut cx, &mut buffer, 0));
    log.see("empty", receiver.poll_recv_many(&mut cx, &mut buffer, 2));
    for n in 1..=3 {
        sender.send(Note(n)).await.unwrap();
    }
    log.see("woken once", wakes.count());
    log.see("two", (receiver.poll_recv_many(&mut cx, &mut buffer, 2), &buffer));
    log.see("one", (receiver.poll_recv_many(&mut cx, &mut buffer, 2), &buffer));
    log.see("empty", (receiver.poll_recv_many(&mut cx, &mut buffer, 2), &buffer));
    drop(sender);
    log.see("closed", (receiver.poll_recv_many(&mut cx, &mut buffer, 2), &buffer, wakes.count()));
}

async fn draining_after_close(log: &mut Log) {
    let (sender, mut receiver) = mpsc::channel(4);
    for n in 1..=3 {
        sender.send(Note(n)).await.unwrap();
    }
    receiver.close();
    receiver.close();
    log.see("closed", (receiver.is_closed(), sender.is_closed(), receiver.len(), sender.try_send(Note(4))));
    log.see("what was sent", (receiver.try_recv(), receiver.recv().await, receiver.recv().await));
    log.see("end", (receiver.recv().await, receiver.try_recv(), receiver.is_empty()));
}

async fn dropping_the_receiver(log: &mut Log) {
    let (sender, receiver) = mpsc::channel(1);
    sender.send(Note(1)).await.unwrap();
    let mut waiting = pin!(sender.send(Note(2)));
    log.see("waits", poll_once(waiting.as_mut()));
    drop(receiver);
    log.see("the message comes back", waiting.await);
    log.see("what was queued is dropped", sender.capacity());
}
