//! Messages that are stored without their context and handled later, and what is no such message.

use super::lost;

/// An actor whose loop does `stores`, and whose code elsewhere does `takes`.
fn actor(stores: &str, takes: &str) -> String {
    format!(
        "impl A {{
            async fn run(mut self) {{
                while let Some(message) = self.inbox.recv().await {{
                    {stores}
                    self.handle(message).await;
                }}
            }}
            async fn handle(&mut self, message: Message) {{}}
            async fn resume(&mut self) {{ {takes} }}
        }}"
    )
}

const TAKES: &str = "while let Some(message) = self.stash.pop_front() { self.handle(message).await; }";

#[track_caller]
fn check(stores: &str, takes: &str, expected: &[&str]) {
    assert_eq!(lost("", &actor(stores, takes)), expected, "{stores} … {takes}");
}

#[test]
fn a_message_that_is_handled_later_is_told() {
    let defer = "if !self.is_ready { self.stash.push_back(message); continue; }";
    check(defer, TAKES, &["stashed: push_back"]);
    for takes in [
        "for message in self.stash.drain(..) { self.handle(message).await; }",
        "for message in std::mem::take(&mut self.stash) { self.handle(message).await; }",
        "let stash = mem::take(&mut self.stash); for message in stash { self.handle(message).await; }",
        "for message in self.stash { self.handle(message).await; }",
        "if let Some(message) = self.stash.pop_back() { self.handle(message).await }",
        "match self.stash.pop_front() { Some(first) => self.handle(first).await, None => {} }",
        "let Some(message) = self.stash.pop_front() else { return }; self.handle(message).await;",
    ] {
        check(defer, takes, &["stashed: push_back"]);
    }
}

#[test]
fn each_way_to_store_a_message_is_told() {
    let of_key = "if let Some(waiting) = self.stash.remove(&1) { for message in waiting { self.handle(message).await; } }";
    for (stores, takes, expected) in [
        (
            "self.stash.push(message); continue;",
            "if let Some(m) = self.stash.pop() { self.handle(m).await }",
            "push",
        ),
        ("self.stash.push_front(message);", TAKES, "push_front"),
        (
            "self.stash.insert(message.id, message);",
            "if let Some(m) = self.stash.remove(&id) { self.handle(m).await }",
            "insert",
        ),
        ("self.stash.entry(id).or_default().push(message);", of_key, "push"),
        ("self.stash.entry(id).or_insert_with(Vec::new).push(message);", of_key, "push"),
        (
            "self.stash = Some(message); continue;",
            "if let Some(m) = self.stash.take() { self.handle(m).await }",
            "stash",
        ),
        (
            "self.stash.push_back((now, message));",
            "while let Some((at, m)) = self.stash.pop_front() { self.handle(m).await }",
            "push_back",
        ),
        ("if let Some(last) = self.stash.replace(message) { self.handle(last).await }", "", "replace"),
        (
            "match message { late @ Message::Late { .. } => { self.stash.push_back(late); continue } message => {} }",
            TAKES,
            "push_back",
        ),
    ] {
        check(stores, takes, &[&format!("stashed: {expected}")]);
    }
}

#[test]
fn a_handler_that_stores_its_message_is_told() {
    let of_handler = "impl A {
        async fn run(mut self) { loop { select! {
            Some(message) = self.inbox.recv() => self.handle(message).await,
            _ = self.ready.notified() => while let Some(message) = self.stash.pop_front() { self.handle(message).await },
        } } }
        async fn handle(&mut self, message: Message) {
            if self.is_locked { self.stash.push_back(message); return; }
        }
    }";
    assert_eq!(lost("", of_handler), ["stashed: push_back"]);
    // A free loop runs it, and a method without a role stores.
    let of_method = "impl A {
        async fn handle(&mut self, message: Message) { if self.is_locked { return self.defer(message); } }
        fn defer(&mut self, message: Message) { self.stash.push_back(message); }
        async fn resume(&mut self) { while let Some(m) = self.stash.pop_front() { self.handle(m).await } }
    }";
    assert_eq!(lost("msg = Message, handler = handle", of_method), ["stashed: push_back"]);
}

#[test]
fn a_stash_in_the_loop_is_told() {
    let item = "async fn run(mut actor: A, mut inbox: Receiver<Message>) {
        let mut stash = VecDeque::new();
        while let Some(message) = inbox.recv().await {
            if actor.is_locked { stash.push_back(message); continue; }
            actor.handle(message).await;
            while let Some(message) = stash.pop_front() { actor.handle(message).await; }
        }
    }";
    let module = format!("mod a {{ {item} impl A {{ async fn handle(&mut self, message: Message) {{}} }} }}");
    let crate::Read { item, .. } = crate::read("".parse().unwrap(), module.parse().unwrap()).unwrap();
    let crate::model::Item::Module(module) = &item else { panic!("it is a module") };
    let lost: Vec<_> = module
        .items
        .iter()
        .filter_map(|item| match item {
            crate::model::Item::Function(function) => Some(function.lost.len()),
            _ => None,
        })
        .collect();
    assert_eq!(lost, [1]);
}

#[test]
fn a_helper_that_takes_the_next_one_is_seen() {
    let item = "impl A {
        async fn run(mut self) { while let Some(message) = self.next().await {
            if self.is_late(&message) { self.stash.push_back(message); continue; }
            self.handle(message).await
        } }
        fn stashed(&mut self) -> Option<Message> { self.stash.pop_front() }
        async fn next(&mut self) -> Option<Message> {
            if let Some(message) = self.stashed() { return Some(message) }
            self.inbox.recv().await
        }
        async fn resume(&mut self) { while let Some(message) = self.stashed() { self.handle(message).await } }
        async fn handle(&mut self, message: Message) {}
    }";
    assert_eq!(lost("", item), ["stashed: push_back"]);
}

#[test]
fn an_envelope_keeps_the_trace() {
    check("self.stash.push_back(Envelope::hold(message)); continue;", TAKES, &[]);
    check("self.stash.push_back(traced_actor::Envelope::hold(message)); continue;", TAKES, &[]);
    check("self.stash.push_back((id, Envelope::hold(message)));", TAKES, &[]);
    let received =
        actor("self.stash.push_back(message); continue;", TAKES).replace("recv()", "recv_envelope()");
    assert_eq!(lost("", &received), [""; 0]);
    let taken = actor("", TAKES)
        .replace("message: Message) {}", "message: Envelope<Message>) { self.stash.push_back(message); }");
    assert_eq!(lost("", &taken), [""; 0]);
}

#[test]
fn what_is_no_message_is_not_told() {
    // A part of the message, what is made of it, and what is kept as a record.
    check("self.stash.push_back(message.id);", TAKES, &[]);
    check("self.stash.push_back(Entry::from_text(&message));", TAKES, &[]);
    check(
        "match message { Message::Put(entry) => { self.stash.push_back(entry); continue } _ => {} }",
        TAKES,
        &[],
    );
    check("self.history.push(message.clone());", TAKES, &[]);
    check("self.history.push(message); continue;", "for old in &self.history { self.show(old); }", &[]);
    check(
        "self.history.push(message); continue;",
        "self.history.clear(); self.flush(mem::take(&mut self.history)).await;",
        &[],
    );
    check("self.seen.insert(message.id, now);", "if let Some(m) = self.seen.remove(&1) { self.log(m) }", &[]);
    // A message that the actor makes itself has the trace of the message that is handled then.
    check("self.stash.push_back(Message::Retry);", TAKES, &[]);
    // Sent elsewhere, not stored.
    check("self.peer.send(message.clone()).await;", TAKES, &[]);
    // What a receiver of others yields.
    let plain = "impl A {
        async fn run(mut self, mut notes: tokio::sync::broadcast::Receiver<Message>) { loop { select! {
            Some(message) = self.inbox.recv() => self.handle(message).await,
            Ok(note) = notes.recv() => self.stash.push_back(note),
        } } }
        async fn handle(&mut self, message: Message) {
            while let Some(message) = self.stash.pop_front() { self.handle(message).await; }
        }
    }";
    assert_eq!(lost("", plain), [""; 0]);
}

#[test]
fn the_warning_can_be_silenced() {
    let stores = actor("self.stash.push_back(message); continue;", TAKES);
    assert_eq!(lost("allow(lost_context)", &stores), [""; 0]);
    let silenced = stores.replace("async fn run", "#[traced(allow(lost_context))] async fn run");
    assert_eq!(lost("", &silenced), [""; 0]);
}

#[test]
fn a_stash_behind_a_variable_is_told() {
    for stores in [
        "let queue = &mut self.stash; queue.push_back(message); continue;",
        "let queue = &mut self.stash; let last = &mut *queue; last.push_back(message); continue;",
        "let Self { stash: queue, .. } = &mut self; queue.push_back(message); continue;",
        "let (queue, peers) = (&mut self.stash, &self.peers); queue.push_back(message); continue;",
        "let queue = self.stash.entry(id).or_default(); queue.push_back(message); continue;",
        "if let Some(queue) = self.stash.get_mut(&id) { queue.push_back(message); continue; }",
        "match self.stash.get_mut(&id) { Some(queue) => { queue.push_back(message); continue } None => {} }",
        "let mut queue = self.stash.lock().await; queue.push_back(message); continue;",
        "let mut queue = self.stash.lock().unwrap(); queue.push_back(message); continue;",
    ] {
        check(stores, TAKES, &["stashed: push_back"]);
    }
    let stores = "self.stash.push_back(message); continue;";
    for takes in [
        "let queue = &mut self.stash; while let Some(message) = queue.pop_front() { self.handle(message).await; }",
        "let mut queue = mem::take(&mut self.stash); while let Some(message) = queue.pop_front() { self.handle(message).await; }",
        "if let Some(mut queue) = self.stash.remove(&id) { while let Some(m) = queue.pop_front() { self.handle(m).await; } }",
        "let queue = self.stash.entry(id).or_default(); for message in queue.drain(..) { self.handle(message).await; }",
        "for message in self.stash.lock().unwrap().drain(..) { self.handle(message).await; }",
    ] {
        check(stores, takes, &["stashed: push_back"]);
    }
}

#[test]
fn a_variable_of_another_place_is_not_told() {
    check("let queue = &mut self.history; queue.push_back(message); continue;", TAKES, &[]);
    check("let queue = &self.stash; self.history.push_back(message); continue;", TAKES, &[]);
    check("let queue = &mut self.stash; queue.push_back(Envelope::hold(message)); continue;", TAKES, &[]);
    check("let queue = &mut self.stash; queue.push_back(message.id); continue;", TAKES, &[]);
    let takes = "let queue = &mut self.jobs; while let Some(message) = queue.pop_front() { self.handle(message).await; }";
    check("self.stash.push_back(message); continue;", takes, &[]);
    // A variable that shadows what it borrows.
    let stores = "let stash = &mut self.stash; let stash = &mut *stash; stash.push_back(message); continue;";
    check(stores, TAKES, &["stashed: push_back"]);
}

/// An actor that matches its messages in the loop, without a handler.
fn inline(stores: &str, takes: &str) -> String {
    format!(
        "impl A {{
            async fn run(mut self) {{
                while let Some(message) = self.inbox.recv().await {{
                    match message {{
                        Message::Ready => {{ {takes} }}
                        message if !self.is_ready => {{ {stores} }}
                        Message::Work(work) => self.work(work).await,
                    }}
                }}
            }}
            async fn work(&mut self, work: u32) {{}}
        }}"
    )
}

#[test]
fn a_stash_of_a_loop_without_a_handler_is_told() {
    let store = "self.stash.push_back(message);";
    for takes in [
        "while let Some(Message::Work(work)) = self.stash.pop_front() { self.work(work).await }",
        "while let Some(later) = self.stash.pop_front() { match later { Message::Work(work) => self.work(work).await, _ => {} } }",
        "for later in self.stash.drain(..) { if let Message::Work(work) = later { self.work(work).await } }",
        "for later in mem::take(&mut self.stash) { match later { Message::Work(work) => self.work(work).await, _ => {} } }",
        "let Some(Message::Work(work)) = self.stash.pop_front() else { continue }; self.work(work).await;",
        "let queue = &mut self.stash; if let Some(Message::Work(work)) = queue.pop_front() { self.work(work).await }",
    ] {
        assert_eq!(lost("", &inline(store, takes)), ["stashed: push_back"], "{takes}");
    }
    let pairs = "while let Some((at, later)) = self.stash.pop_front() { match later { Message::Work(work) => {} _ => {} } }";
    let stored = inline("self.stash.push_back((now, message));", pairs);
    assert_eq!(lost("", &stored), ["stashed: push_back"]);
}

#[test]
fn what_a_loop_without_a_handler_keeps_is_not_told() {
    let matches = "while let Some(Message::Work(work)) = self.stash.pop_front() { self.work(work).await }";
    for (stores, takes) in [
        // With its trace, as a part, as a record, and for somebody else.
        ("self.stash.push_back(Envelope::hold(message));", matches),
        (
            "self.stash.push_back(message.id);",
            "while let Some(id) = self.stash.pop_front() { match id { Id::New => {} _ => {} } }",
        ),
        (
            "self.stash.push_back(message.clone());",
            "if let Some(Message::Work(work)) = self.stash.pop_back() { self.undo(work) }",
        ),
        (
            "self.stash.push_back(message);",
            "for old in &self.stash { match old { Message::Work(_) => count += 1, _ => {} } }",
        ),
        (
            "self.stash.push_back(message);",
            "match self.stash.front() { Some(Message::Work(_)) => {} _ => {} }",
        ),
        ("self.stash.push_back(message);", "self.flush(mem::take(&mut self.stash)).await;"),
        ("self.history.push_back(message);", matches),
    ] {
        assert_eq!(lost("", &inline(stores, takes)), [""; 0], "{stores} … {takes}");
    }
}

#[test]
fn a_function_that_works_for_the_handler_is_told() {
    // Two downloads at most, the others wait. The next one starts when one is done.
    let item = |parameter: &str| {
        format!("impl A {{
        async fn run(mut self) {{ loop {{ select! {{
            Some(request) = self.requests.recv() => self.on_request(request),
            _ = self.done.notified() => self.start_next(),
        }} }} }}
        fn on_request(&mut self, request: Request) {{
            if self.active < 2 {{ self.start(request); }} else {{ self.queue.push_back(request); }}
        }}
        fn start_next(&mut self) {{ if let Some(request) = self.queue.pop_front() {{ self.start(request); }} }}
        fn start(&mut self, request: {parameter}) {{}}
    }}")
    };
    let named = "handler = on_request";
    assert_eq!(lost(named, &item("Request")), ["stashed: push_back"]);
    assert_eq!(lost(named, &item("Option<Request>")), ["stashed: push_back"]);
    // It keeps its trace, or is no message of the handler's.
    assert_eq!(lost(named, &item("Envelope<Request>")), [""; 0]);
    assert_eq!(lost(named, &item("Download")), [""; 0]);
    let held = item("Request").replace("push_back(request)", "push_back(Envelope::hold(request))");
    assert_eq!(lost(named, &held), [""; 0]);
}
