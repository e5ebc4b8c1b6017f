//! When there is an `impl Actor`, and when the handler's signature does not allow one.

fn has_actor(args: &str, item: &str) -> bool {
    let output = crate::traced(args.parse().unwrap(), &item.parse().unwrap()).to_string();
    assert!(!output.contains("compile_error"), "{output}");
    output.contains(":: Actor <")
}

#[test]
fn a_handler_of_the_message_alone_makes_an_actor() {
    for handler in [
        "fn handle(&mut self, m: M) {}",
        "fn handle(&self, m: M) -> bool {}",
        "fn handle(&mut self, m: M) -> Cow<'_, str> {}",
        "fn handle(&mut self, m: M) -> impl Iterator {}",
        "async fn handle(&mut self, m: M) -> Result<Vec<u8>, &'static str> {}",
        "#[traced(handler)] fn anything(&mut self, m: M<'static>) {}",
    ] {
        assert!(has_actor("", &format!("impl A {{ {handler} }}")), "{handler}");
        assert!(!has_actor("local", &format!("impl A {{ {handler} }}")), "local: {handler}");
    }
    assert!(has_actor("", "impl<T: X, const N: usize> A<T, N> { fn handle(&mut self, m: M<T>) {} }"));
}

#[test]
fn other_handlers_are_run_by_their_own_loop() {
    for handler in [
        "fn handle(self, m: M) {}",
        "fn handle(self: Arc<Self>, m: M) {}",
        "fn handle(m: M) {}",
        "fn handle(&mut self, m: M, now: Instant) {}",
        "fn handle<T>(&mut self, m: M) {}",
        "fn handle(&mut self, m: M) -> ! {}",
    ] {
        assert!(!has_actor("", &format!("impl A {{ {handler} }}")), "{handler}");
    }
    assert!(!has_actor("", "impl<'a> A<'a> { fn handle(&mut self, m: M) {} }"));
    assert!(!has_actor("", "impl<'a> A { fn handle(&mut self, m: M<'a>) {} }"));
}

#[test]
fn each_mailbox_has_an_implementation_of_its_own() {
    let count = |item: &str| {
        let output = crate::traced(proc_macro2::TokenStream::new(), &item.parse().unwrap()).to_string();
        (output.matches(":: Actor < M >").count(), output.matches(":: Actor < N >").count())
    };
    let handlers = "#[traced(handler)] fn a(&mut self, m: M) {} #[traced(handler)] fn b(&mut self, n: N) {}";
    assert_eq!(count(&format!("impl A {{ {handlers} }}")), (1, 1));
    // Two handlers of one type: the first is the actor's.
    assert_eq!(count(&format!("impl A {{ {} }}", handlers.replace("n: N", "n: M"))), (1, 0));
}

#[test]
fn an_envelope_of_the_user_s_is_left_alone() {
    let envelope = |items: &str| {
        let item = format!("mod m {{ pub enum M {{ #[traced(skip)] A }} {items} }}");
        let output = crate::traced(proc_macro2::TokenStream::new(), &item.parse().unwrap()).to_string();
        output.contains("type Envelope = :: traced_actor :: Envelope < M >")
    };
    assert!(envelope(""));
    assert!(envelope("use a::b; type X = Envelope;"));
    assert!(!envelope("struct Envelope;"));
    assert!(!envelope("use wire::Envelope;"));
    assert!(!envelope("type Envelope = u8;"));
    // Two messages have no common one.
    assert!(!envelope("enum N { #[traced(skip)] A }"));
}

#[test]
fn a_loop_behind_a_lock_is_a_worker() {
    let is_worker = |body: &str| {
        let item = format!("impl A {{ {body} }}");
        let output = crate::traced("".parse().unwrap(), &item.parse().unwrap()).to_string();
        assert!(!output.contains("compile_error"), "{output}");
        assert!(output.contains(":: run (") || output.contains(":: enter ("), "{output}");
        output.contains("shares : true")
    };
    for receive in [
        "while let Some(m) = { self.rx.lock().await.recv().await } {}",
        "loop { let m = self.rx.lock().await.recv().await; }",
        "loop { let mut rx = self.rx.lock().await; let m = rx.recv().await; drop(rx); }",
        "loop { let m = { let mut rx = self.rx.write().await; rx.recv().await }; }",
        "loop { tokio::select! { m = async_lock(&self.rx).lock().await.recv() => {} } }",
        "loop { let m = { self.rx.borrow_mut().try_recv() }; }",
    ] {
        assert!(is_worker(&format!("async fn run(self) {{ {receive} }}")), "{receive}");
    }
    assert!(is_worker("fn run(self) { while let Some(m) = self.rx.lock().unwrap().blocking_recv() {} }"));
    assert!(is_worker(
        "async fn run(self) { while let Some(m) = self.take().await {} }
        async fn take(&self) -> Option<M> { self.rx.lock().await.recv().await }"
    ));
    for receive in [
        "while let Some(m) = self.rx.recv().await { self.state.lock().await.add(m); }",
        "loop { let state = self.state.lock().await; let m = self.rx.recv().await; state.add(m); }",
        "loop { let m = (self.state.lock().await, self.rx.recv().await); }",
    ] {
        assert!(!is_worker(&format!("async fn run(mut self) {{ {receive} }}")), "{receive}");
    }
}

#[test]
fn a_loop_that_sends_behind_its_handler_continues_the_message() {
    let continues = |items: &str| {
        let item = format!("impl A {{ {items} }}");
        let output = crate::traced("".parse().unwrap(), &item.parse().unwrap()).to_string();
        assert!(!output.contains("compile_error"), "{output}");
        output.contains("continues : true")
    };
    let handled = |body: &str| continues(&format!("{body} async fn handle(&mut self, m: M) -> u8 {{ 7 }}"));
    let in_loop = |body: &str| {
        handled(&format!(
            "async fn run(mut self) {{ while let Some(m) = self.rx.recv().await {{ {body} }} }}"
        ))
    };
    for body in [
        "let n = self.handle(m).await; self.out.send(n).await;",
        "let n = self.handle(m).await?; self.out.try_send(n)?;",
        "let n = self.handle(m).await; self.publish(n).await;",
        "let n = self.handle(m).await; publish(&self.out, n).await;",
        "let n = self.handle(m).await; self.peers.tell(Reply { n });",
        "let n = self.handle(m).await; self.peers.tell(format!(\"{n}\"));",
        "let Ok(n) = self.handle(m).await else { continue }; self.out.send(n).await;",
        "for n in self.handle(m).await { self.out.send(n).await; }",
        "let all = self.handle(m).await; for n in all { self.out.send(n).await; }",
        "if self.handle(m).await { self.out.send(1).await; }",
        "let n = self.handle(m).await; if n > 7 { self.out.send(1).await; }",
        "let Reply { n, .. } = self.handle(m).await; let text = n + 1; self.out.send(text).await;",
        "self.out.send(self.handle(m).await).await;",
        "match self.handle(m).await { 7 => out.send(7).await, _ => {} }",
        "if let Err(e) = self.handle(m).await { self.errors.report(e); }",
        "let n = timeout(LONG, self.handle(m)).await; self.out.send(n).await;",
        "let n = self.handle(m).instrument(span).await; self.out.send(n).await;",
        "let n = Self::handle(&mut self, m).await; self.out.send(n).await;",
        "let n = self.handle(m).await; spawn(forward(n));",
    ] {
        assert!(in_loop(body), "{body}");
    }
    for body in [
        "self.handle(m).await;",
        "self.out.send(1).await; self.handle(m).await;",
        "self.handle(m).await; self.out.send(1).await;",
        "let _ = self.handle(m).await; self.out.send(1).await;",
        "let n = self.handle(m).await; self.out.send(1).await;",
        "if self.handle(m).await.is_err() { self.failed += 1; } self.out.send(1).await;",
        "if self.handle(m).await.is_err() { break; }",
        "if let Err(e) = self.handle(m).await { warn!(\"{e}\"); }",
        "let n = self.handle(m).await; self.counts.push(n); sleep(Duration::from_secs(n)).await;",
        // Nothing says whose result is sent.
        "self.busy.push(self.handle(m)); let n = self.busy.next().await; self.out.send(n).await;",
        "let f = self.handle(m); self.out.send(1).await; f.await;",
        "let f = async { self.handle(m).await }; self.out.send(1).await; f.await;",
        "tasks.spawn(self.handle(m)); self.out.send(1).await;",
        "let (a, b) = join!(self.handle(m), self.handle(n)); self.out.send(a).await;",
    ] {
        assert!(!in_loop(body), "{body}");
    }
    assert!(handled(
        "async fn step(&mut self) { let m = self.rx.recv().await; let n = self.handle(m).await; self.out.send(n).await; }"
    ));
    assert!(!handled(
        "async fn once(mut rx: Receiver<M>) { let m = rx.recv().await; let n = Self::handle(m).await; spawn(rest(n, rx)); }"
    ));
    // The first branch may win before the mailbox is asked.
    let raced = |receive: &str| {
        handled(&format!(
            "async fn run(mut self) {{ loop {{ select! {{ biased;
                _ = self.tick.tick() => self.out.send(1).await,
                Some(m) = {receive} => {{ let n = self.handle(m).await; self.out.send(n).await }}
            }} }} }}"
        ))
    };
    assert!(raced("self.rx.recv()"));
    assert!(!raced("self.stream.next()"));
    assert!(!raced("poll_fn(|cx| self.rx.poll_recv(cx))"));
    // One of the two is stored.
    assert!(!continues(
        "async fn run(mut self) { while let Some(m) = self.rx.recv().await { let n = self.handle(m).await; self.out.send(n).await; self.later(); } }
        fn later(&mut self) { self.busy.push(self.handle(M)); }
        async fn handle(&mut self, m: M) {}"
    ));
}
