//! Reading the tokens of a body.

use crate::body::Body;
use crate::dataflow::{Flow, Handed};
use crate::receive::{Carry, Mailboxes};

fn read(body: &str) -> Body {
    Body::read(body.parse().unwrap())
}

fn receives(body: &str) -> bool {
    Mailboxes::default().is_receive(&read(body).tokens)
}

/// The same for what blocks and closures do.
fn receives_in_block(body: &str) -> bool {
    read(body).blocks.iter().any(|block| Mailboxes::default().is_receive(&block.tokens))
}

fn handed(body: &str) -> Vec<Handed> {
    Flow::of(&read(body).tokens, &Mailboxes::default()).handed()
}

fn returned(body: &str) -> Carry {
    Flow::of(&read(body).tokens, &Mailboxes::default()).returned()
}

#[test]
fn operators_and_patterns_are_no_closures() {
    assert!(receives("let x = a | rx.recv();"));
    assert!(receives("if a || rx.recv().await.is_some() {}"));
    assert!(receives("match x { A(_) | B { .. } => rx.recv().await, C | D => {} }"));
    assert!(receives("let x = a? | rx.recv();"));
    assert!(receives("x |= rx.recv();"));
    assert!(receives("matches!(rx.recv().await, Some(A | B))"));
}

#[test]
fn closures_end_where_they_end() {
    assert!(receives("f(|x| x + 1, rx.recv())"));
    assert!(receives("let f = |x: u8| -> Vec<u8> { g() }; rx.recv()"));
    assert!(receives("let f = || {}; rx.recv()"));
    assert!(receives("let f = move |x| x; rx.recv()"));
    assert!(!receives("let f = |x| rx.recv();"));
    assert!(!receives("f(a, |x| -> Option<M> { rx.recv() })"));
    assert!(!receives("return || rx.recv()"));
    assert!(!receives("f(async move |x| rx.recv().await)"));
}

#[test]
fn tasks_and_nested_functions_run_elsewhere() {
    assert!(!receives("let task = async { rx.recv().await };"));
    assert!(!receives("async move { rx.recv().await }"));
    assert!(!receives("async fn inner() -> [u8; 3] { rx.recv().await }"));
    assert!(receives("async fn inner() {} rx.recv().await"));
    assert!(receives("let f: fn(u8) = g; { rx.recv().await }"));
}

#[test]
fn macros_are_seen_through() {
    assert!(receives("tokio::select! { biased; Some(m) = rx.recv() => {}, _ = tick() => {} }"));
    assert!(receives("futures::select! { m = rx.recv().fuse() => f(m) }"));
}

#[test]
fn what_a_block_receives_is_kept_aside() {
    for body in [
        "tokio::spawn(async move { while let Some(m) = rx.recv().await {} });",
        "let pump = async { rx.recv().await };",
        "std::thread::spawn(move || while let Ok(m) = rx.recv() {});",
        "f(|x| { rx.try_recv() })",
        "let f = async |x| rx.recv().await;",
        "a(|| b(async { rx.recv().await }))",
    ] {
        assert!(!receives(body) && receives_in_block(body), "{body}");
    }
    assert!(receives("poll_fn(|cx| self.rx.poll_recv(cx)).await"));
    assert!(receives("std::future::poll_fn(move |cx| { self.rx.poll_recv(cx) }).await"));
    assert!(read("spawn(async { rx.recv().await }.traced())").blocks[0].traced);
    assert!(read("f(|| rx.recv())").blocks.iter().all(|block| !block.traced));
}

#[test]
fn a_block_that_is_polled_in_place_is_no_block() {
    assert!(receives("let m = async { rx.recv().await }.await;"));
    assert!(receives("let m = async move { let m = rx.recv().await?; Some(m) }.await;"));
    check(
        "select! { m = async { match self.rx.as_mut() { Some(rx) => rx.recv().await, None => None } }, if open => if let Some(m) = m { f(m) } }",
        &["f"],
    );
    check("select! { Some(m) = async { rx.recv().await } => f(m), _ = stop => {} }", &["f"]);
    // Only what a `select!` polls.
    assert!(!receives("let m = async { rx.recv().await }; f(m).await"));
    assert!(!receives("join!(async { rx.recv().await }, other)"));
}

#[test]
fn all_ways_to_receive_are_known() {
    for call in [
        "rx.recv().await",
        "self.rx.recv_async().await",
        "self.receiver().recv().await",
        "rx.lock().await.recv().await",
        "rx.try_recv()",
        "rx.recv_timeout(second)",
        "rx.recv_deadline(at)",
        "rx.blocking_recv()",
        "rx.recv_blocking()",
        "rx.recv_envelope().await",
        "rx.recv_many(&mut batch, 8).await",
        "rx.poll_recv(cx)",
        "rx.stream().next().await",
        "for m in rx.iter() {}",
        "for m in self.knobs_rx.drain() {}",
        "for m in &self.inbox {}",
        "for m in self.receiver.try_iter() {}",
    ] {
        assert!(receives(call), "{call}");
    }
    for call in [
        "socket.recv(&mut buffer).await",
        "stream.next().await",
        "args.next()",
        "for x in self.items.iter() {}",
        "for x in map.drain() {}",
        "recv()",
        "rx.receive()",
    ] {
        assert!(!receives(call), "{call}");
    }
}

#[test]
fn a_stream_counts_where_it_is_known_or_nothing_else_receives() {
    let known = Mailboxes { known: ["tunes".to_owned()].into(), ..Mailboxes::default() };
    let any = Mailboxes { streams: true, ..Mailboxes::default() };
    for mailboxes in [known, any] {
        let receives = |body: &str| mailboxes.is_receive(&read(body).tokens);
        assert!(receives("self.tunes.next().await"));
        assert!(receives("StreamExt::next(&mut self.tunes).await"));
        assert!(receives("timeout(second, self.tunes.next()).await"));
        assert!(receives("select! { Some(tune) = self.tunes.next() => {} }"));
        assert!(receives("select! { tune = tunes.select_next_some() => {} }"));
        assert!(!receives("args.next()"));
    }
}

#[test]
fn a_receiver_of_another_crate_is_no_mailbox() {
    let mailboxes = Mailboxes { foreign: ["frames".to_owned()].into(), ..Mailboxes::default() };
    assert!(!mailboxes.is_receive(&read("self.frames.recv().await").tokens));
    assert!(!mailboxes.is_receive(&read("for frame in frames.iter() {}").tokens));
    assert!(mailboxes.is_foreign_receive(&read("self.frames.recv().await").tokens));
    assert!(mailboxes.is_receive(&read("self.orders.recv().await; self.frames.recv().await").tokens));
}

#[test]
fn what_is_returned_is_seen_in_every_form() {
    for body in [
        "self.rx.recv().await",
        "log(); self.rx.recv().await?",
        "self.rx.recv().await.ok_or(Closed)",
        "Ok(self.rx.recv().await?)",
        "return self.rx.recv().await;",
        "let m = self.rx.recv().await?; Some(m)",
        "let Some(m) = self.rx.recv().await else { return None }; self.seen += 1; Some(m)",
        "tokio::select! { o = self.a.recv() => o, Some(o) = self.b.recv() => Some(o) }",
        "tokio::select! { biased; _ = stop.changed() => None, o = self.a.recv() => { self.n += 1; o } }",
        "match self.rx.recv().await { Some(m) => Ok(m), None => Err(Closed) }",
        "match timeout(second, self.rx.recv()).await { Ok(m) => m, Err(_) => None }",
        "timeout(second, self.rx.recv()).await.ok().flatten()",
        "if let Some(m) = self.stash.pop() { Some(m) } else { self.rx.recv().await }",
        "loop { if let Ok(m) = self.rx.try_recv() { break Some(m); } }",
        "loop { match self.rx.recv().await { Some(M::Ping) => {} other => return other } }",
        "while let Some(m) = self.rx.recv().await { if fits(&m) { return Some(m); } } None",
        "Some(Next { message: self.rx.recv().await?, at })",
        "poll_fn(|cx| self.rx.poll_recv(cx)).await",
        "self.rx.recv().await.map(Job::from)",
        "Box::new(self.rx.recv().await?)",
        "let mut batch = Vec::new(); self.rx.recv_many(&mut batch, 8).await; batch",
    ] {
        assert_eq!(returned(body), Carry::Whole, "{body}");
    }
    for body in ["Some((self.rx.recv().await?, Instant::now()))", "let m = self.rx.recv().await?; Ok((1, m))"]
    {
        assert_eq!(returned(body), Carry::InTuple, "{body}");
    }
    for body in [
        "self.rx.recv().await;",
        "while busy() {} self.rx.recv().await;",
        "self.rx.recv().await.is_some()",
        "let Some(m) = self.rx.recv().await else { return None }; self.handle(m).await",
        "while let Some(m) = self.rx.recv().await { match m { M::A => {} } } Ok(self)",
        "loop { tokio::select! { Some(m) = self.rx.recv() => self.handle(m), else => break } }",
        "match self.rx.recv().await { Some(m) => self.handle(m), None => {} }",
        "self.rx.recv_many(&mut batch, 8).await",
    ] {
        assert_eq!(returned(body), Carry::Nothing, "{body}");
    }
    for body in [
        "match m { M::Stop { reply } => reply, m => self.handle(m) }; self.rx.recv().await?.payload",
        "loop { match self.rx.recv().await? { M::Stop { reply } => break reply, m => self.handle(m) } }",
        "decode(self.rx.recv().await?)",
        "match self.rx.recv().await? { M::Work(job) => Some(job), M::Stop => None }",
    ] {
        assert_eq!(returned(body), Carry::Part, "{body}");
    }
}

#[track_caller]
fn check(body: &str, expected: &[&str]) {
    let names: Vec<String> = handed(body).into_iter().map(|call| call.name).collect();
    assert_eq!(names, expected);
}

#[test]
fn a_message_is_followed() {
    check("while let Some(mut m) = rx.recv().await { f(m); }", &["f"]);
    check("if let Ok(m) = rx.try_recv() { f(m); }", &["f"]);
    check("let m = rx.recv().await?; f(m)", &["f"]);
    check("let Some(m) = rx.recv().await else { return }; f(m)", &["f"]);
    check("let m: M = rx.recv().await.unwrap(); f(m)", &["f"]);
    check("match rx.recv().await { None => break, Some(m) if m.ok() => f(m), Some(m) => g(m) }", &["f", "g"]);
    check("select! { Some(m) = rx.recv(), if open => f(m), m = other.next() => g(n) }", &["f"]);
    check("select! { m = rx.recv() => match m { Some(m) => f(m), None => break } }", &["f"]);
    check(
        "while let Some(m) = rx.recv().await { match m { M::Stop => break, m @ M::A(_) => f(m), _ => {} } }",
        &["f"],
    );
}

#[test]
fn parts_and_results_are_not() {
    check("while let Some(M(x)) = rx.recv().await { f(x); }", &[]);
    check("match rx.recv().await { Some(M::A(x)) => f(x), _ => {} }", &[]);
    check("let m = rx.recv().await; let x = g(m).await; f(x)", &["g"]);
    check("let m = rx.recv().await; f(&m); g(m.part); h(m.part.clone())", &[]);
    check("let x = stream.next().await; f(x)", &[]);
    check("let m = rx.recv().await; Some(m)", &[]);
}

/// A name means what it was bound to last, where it was bound.
#[test]
fn a_name_is_the_message_only_where_it_was_bound() {
    check(
        "select! { msg = rx.recv() => { let Some(msg) = msg else { break }; f(msg) } msg = socket.next() => match msg { Some(Ok(msg)) => g(msg), _ => {} } }",
        &["f"],
    );
    check(
        "while let Some(res) = rx.recv().await { f(res); } let res = tasks.join_next().await; g(res)",
        &["f"],
    );
    check("let m = rx.recv().await; let m = m.part; g(m)", &[]);
    check("let m = rx.recv().await; { let m = other(); g(m) } f(m)", &["f"]);
    check("if let Some(m) = rx.recv().await { f(m) } else if let Some(m) = stash.pop() { g(m) }", &["f"]);
    check("let mut m = None; loop { m = rx.recv().await; f(m) }", &["f"]);
    check(
        "match rx.recv().await { Some(M::A(conn)) => g(conn), Some(m) if m.ok() => f(m), _ => {} }",
        &["f"],
    );
    check(
        "for m in batch { g(m) } rx.recv_many(&mut queue, 8).await; for m in queue.drain(..) { f(m) }",
        &["f"],
    );
}

/// Code that no human writes is read as far as there is time.
#[test]
fn deep_code_is_read_in_time() {
    let nested = |open: &str, close: &str| format!("{}rx.recv().await{}", open.repeat(60), close.repeat(60));
    for body in [
        nested("let x = { ", " };"),
        nested("match { ", " } { x => x }"),
        nested("if let Some(m) = { ", " } { m } else { m }"),
        nested("f(g(", "))"),
    ] {
        handed(&body);
        returned(&body);
    }
}

#[test]
fn how_it_is_called_is_seen() {
    let found = handed("let m = rx.recv().await; self.a(1, m); Self::b(m); x.c(m); d(m)");
    let call = |name: &str, on: Option<&str>, method, argument| Handed {
        name: name.into(),
        on: on.map(Into::into),
        method,
        argument,
        copied: false,
        lent: Vec::new(),
    };
    assert_eq!(
        found,
        [
            call("a", Some("self"), true, 1),
            call("b", Some("Self"), false, 0),
            call("c", Some("x"), true, 0),
            call("d", None, false, 0)
        ]
    );
}
