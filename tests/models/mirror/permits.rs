// Reserved capacity.

async fn permits(log: &mut Log) {
    let (sender, mut receiver) = mpsc::channel(2);
    let first = sender.reserve().await.unwrap();
    let second = sender.try_reserve().unwrap();
    log.see("capacity", (sender.capacity(), receiver.capacity(), receiver.len()));
    log.see("permit", &first);
    let full = sender.try_reserve().unwrap_err();
    log.see("full", (&full, full.to_string(), sender.try_send(Note(0))));
    let mut waiting = pin!(sender.reserve());
    log.see("waits", poll_once(waiting.as_mut()).is_pending());
    first.send(Note(1));
    log.see("still waits", poll_once(waiting.as_mut()).is_pending());
    drop(second);
    let third = waiting.await.unwrap();
    third.send(Note(2));
    log.see("sent", (receiver.recv().await, receiver.recv().await, sender.capacity()));
}

async fn many_permits(log: &mut Log) {
    let (sender, mut receiver) = mpsc::channel(4);
    let mut three = sender.reserve_many(3).await.unwrap();
    log.see("permits", &three);
    log.see("length", (three.len(), three.size_hint(), sender.capacity()));
    three.next().unwrap().send(Note(1));
    three.next().unwrap().send(Note(2));
    log.see("length", (three.len(), three.size_hint(), sender.capacity()));
    drop(three);
    log.see("the rest is given back", sender.capacity());

    log.see("none", sender.try_reserve_many(0).unwrap().next().is_none());
    let error = sender.try_reserve_many(3).unwrap_err();
    log.see("less room", (&error, error.to_string()));
    let error = sender.try_reserve_many(5).unwrap_err();
    log.see("never that much", (&error, error.to_string()));
    let error = sender.reserve_many(5).await.unwrap_err();
    log.see("never that much", (&error, error.to_string()));
    let mut two = sender.try_reserve_many(2).unwrap();
    log.see("all", (two.by_ref().count(), two.next().is_none(), sender.capacity()));
    log.see("sent", (receiver.recv().await, receiver.recv().await));

    let mut waiting = pin!(sender.reserve_many(4));
    let held = sender.try_reserve().unwrap();
    log.see("waits for all", poll_once(waiting.as_mut()).is_pending());
    drop(held);
    log.see("got all", waiting.await.unwrap().len());
}

async fn owned_permits(log: &mut Log) {
    let (sender, mut receiver) = mpsc::channel(1);
    let permit = sender.clone().reserve_owned().await.unwrap();
    log.see("permit", &permit);
    let (other, _kept) = mpsc::channel::<Note>(1);
    log.see("of", (permit.same_channel_as_sender(&sender), permit.same_channel_as_sender(&other)));
    let others = other.try_reserve_owned().unwrap();
    log.see("same", (permit.same_channel(&permit), permit.same_channel(&others)));
    match sender.clone().try_reserve_owned() {
        Err(TrySendError::Full(given_back)) => log.see("full", given_back.same_channel(&sender)),
        other => log.see("not full", other),
    }
    let given_back = permit.release();
    log.see("released", (given_back.same_channel(&sender), sender.capacity()));
    let given_back = given_back.try_reserve_owned().unwrap().send(Note(1));
    log.see("sent", (given_back.same_channel(&sender), receiver.recv().await));
    drop(given_back.reserve_owned().await.unwrap());
    log.see("dropped", (sender.capacity(), sender.strong_count()));
    let permit = sender.reserve_owned().await.unwrap();
    log.see("keeps the channel open", receiver.is_closed());
    drop(permit);
    log.see("and closes it", (receiver.is_closed(), receiver.recv().await));
}

async fn permits_of_a_closed_channel(log: &mut Log) {
    let (sender, mut receiver) = mpsc::channel(4);
    let mut two = sender.reserve_many(2).await.unwrap();
    let owned = sender.clone().reserve_owned().await.unwrap();
    receiver.close();
    let error = sender.reserve().await.unwrap_err();
    log.see("closed", (&error, error.to_string()));
    log.see("closed", sender.try_reserve().unwrap_err());
    log.see("closed", sender.reserve_many(1).await.unwrap_err());
    log.see("closed", sender.try_reserve_many(1).unwrap_err());
    log.see("closed", sender.clone().reserve_owned().await.unwrap_err());
    match sender.clone().try_reserve_owned() {
        Err(TrySendError::Closed(given_back)) => log.see("closed", given_back.same_channel(&sender)),
        other => log.see("not closed", other),
    }
    two.next().unwrap().send(Note(1));
    log.see("through a permit", receiver.recv().await);
    log.see("more may come", (receiver.try_recv(), poll_once(pin!(receiver.recv()))));
    drop(two);
    owned.send(Note(2));
    log.see("through the last permit", receiver.recv().await);
    log.see("no more", receiver.recv().await);
}
