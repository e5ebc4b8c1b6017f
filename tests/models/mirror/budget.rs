// Operations of a task that has used up its budget: they are pending, and some have an effect meanwhile.

/// Uses up the rest of this poll's budget.
fn spend_budget() {
    while poll_once(pin!(tokio::task::consume_budget())).is_ready() {}
}

async fn without_budget_there_is_room(log: &mut Log) {
    let (sender, mut receiver) = mpsc::channel(4);
    tokio::task::yield_now().await;
    spend_budget();
    let mut send = Box::pin(sender.send(Note(1)));
    log.see("send", (poll_once(send.as_mut()), sender.capacity()));
    let mut in_time = Box::pin(sender.send_timeout(Note(2), Duration::from_secs(1)));
    log.see("send_timeout", (poll_once(in_time.as_mut()), sender.capacity()));
    let mut reserve = Box::pin(sender.reserve());
    log.see("reserve", (poll_once(reserve.as_mut()).is_pending(), sender.capacity()));
    let mut many = Box::pin(sender.reserve_many(1));
    log.see("reserve_many", (poll_once(many.as_mut()).is_pending(), sender.capacity()));
    log.see("try_send", sender.try_send(Note(3)));
    log.see("recv", poll_once(pin!(receiver.recv())));
    tokio::task::yield_now().await;
    drop((reserve, many));
    log.see("what was kept is given back", sender.capacity());
    let sent = (poll_once(send.as_mut()), poll_once(in_time.as_mut()));
    log.see("with a new budget", (sent, sender.capacity()));
    log.see("received", (receiver.try_recv(), receiver.try_recv(), receiver.try_recv()));
}

async fn without_budget_it_is_full(log: &mut Log) {
    let (sender, mut receiver) = mpsc::channel(1);
    sender.send(Note(1)).await.unwrap();
    tokio::task::yield_now().await;
    spend_budget();
    let (mut first, mut second) = (Box::pin(sender.send(Note(2))), Box::pin(sender.reserve()));
    log.see("both wait", (poll_once(first.as_mut()), poll_once(second.as_mut()).is_pending()));
    log.see("room", (receiver.try_recv(), sender.capacity()));
    tokio::task::yield_now().await;
    log.see("in their order", (poll_once(second.as_mut()).is_pending(), poll_once(first.as_mut())));
    log.see("received", receiver.try_recv());
    log.see("the second", poll_once(second.as_mut()).is_ready());
}

async fn without_budget_it_is_closed(log: &mut Log) {
    let (sender, mut receiver) = mpsc::channel(1);
    receiver.close();
    tokio::task::yield_now().await;
    spend_budget();
    log.see("send", poll_once(pin!(sender.send(Note(1)))));
    log.see("send_timeout", poll_once(pin!(sender.send_timeout(Note(2), Duration::from_secs(1)))));
    log.see("reserve", poll_once(pin!(sender.reserve())).is_ready());
    log.see("reserve_owned", poll_once(pin!(sender.clone().reserve_owned())).is_ready());
    log.see("recv", poll_once(pin!(receiver.recv())));
    tokio::task::yield_now().await;
    log.see("recv", receiver.recv().await);
}
