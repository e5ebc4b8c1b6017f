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
        let runs = ["run_worker", "enter_worker"].iter().any(|name| output.contains(&format!(":: {name}")));
        assert_ne!(runs, output.contains(":: run (") || output.contains(":: enter ("), "{output}");
        runs
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
