//! The rules by which receive loops and handlers are found, and what must not be taken for one.

use super::roles;

const LOOP: &str =
    "async fn run(mut self) { while let Some(m) = self.rx.recv().await { self.handle_message(m).await; } }";

#[track_caller]
fn check(args: &str, item: &str, expected: &str) {
    assert_eq!(roles(args, item), expected);
}

#[test]
fn a_name_in_the_options_comes_first() {
    check(
        "handler = apply",
        "impl A { fn apply(&mut self, m: M) {} fn handle_message(&mut self, m: M) {} }",
        "apply: handles M\n",
    );
}

#[test]
fn marks_name_a_handler_for_each_mailbox() {
    check(
        "",
        "impl A { #[traced(handler)] fn a(&mut self, m: M) {} #[traced(handler)] fn b(&mut self, n: N) {} }",
        "a: handles M\nb: handles N\n",
    );
}

#[test]
fn a_named_handler_takes_its_only_value_or_the_known_type() {
    check("handler = f", "impl A { fn f(&self, up: &Up, m: (u8, u8)) {} }", "f: handles (u8 , u8)\n");
    check("handler = f", "impl A { fn f(&self, now: Instant, m: M) {} }", "f: handles M\n");
    check(
        "handler = f, msg = M",
        "impl A { fn f(&self, c: Context, m: a::M<u8>) {} }",
        "f: handles a :: M < u8 >\n",
    );
}

#[test]
fn the_message_type_finds_the_only_taker() {
    check(
        "msg = M",
        "impl A { fn whatever(&mut self, x: X, m: M) {} fn other(&mut self, m: &M) {} }",
        "whatever: handles M\n",
    );
    check(
        "",
        "impl A { async fn run(&mut self, rx: mpsc::Receiver<M>) {} fn whatever(&mut self, m: M) {} }",
        "whatever: handles M\n",
    );
}

#[test]
fn a_reply_channel_is_no_mailbox() {
    check(
        "",
        "impl A { async fn handle(&mut self, m: M) {} fn ask(&self, r: oneshot::Receiver<R>) {} fn reply(&self, r: R) {} }",
        "handle: handles M\n",
    );
}

#[test]
fn among_takers_the_loop_decides() {
    check(
        "msg = M",
        &format!(
            "impl A {{ {LOOP} async fn handle_message(&mut self, m: M) {{}} fn stash(&mut self, m: M) {{}} }}"
        ),
        "run: loop\nhandle_message: handles M\n",
    );
}

#[test]
fn a_method_that_sends_the_message_is_no_handler() {
    check(
        "msg = M",
        "impl A { fn handle_msg(&self, m: M) {} fn try_send(&self, m: M) { self.tx.try_send(m); } }",
        "handle_msg: handles M\n",
    );
}

#[test]
fn a_step_of_the_handler_is_no_handler() {
    check(
        "msg = M",
        "impl A { async fn handle(&mut self, m: M) { self.step(m) } fn step(&mut self, m: M) {} fn new(m: M) -> Self { A } }",
        "handle: handles M\n",
    );
}

#[test]
fn what_the_loop_hands_on_whole_is_handled_under_any_name() {
    check(
        "",
        "impl A { async fn run(mut self) { loop { let m = match self.rx.recv().await { Some(m) => m, None => break };
            match m { M::Stop { reply } => break, other => self.whatever(other).await? } } }
            async fn whatever(&mut self, m: M) -> Result<(), E> {} }",
        "run: loop\nwhatever: handles M\n",
    );
}

#[test]
fn the_argument_says_which_parameter_is_the_message() {
    check(
        "",
        "impl A { async fn run(mut self) { while let Some(m) = self.rx.recv().await { self.on(ctx(), m).await } }
            async fn on(&mut self, context: Context, message: M) {} }",
        "run: loop\non: handles M\n",
    );
    check(
        "",
        "impl A { async fn run(mut self) { while let Some(m) = self.rx.recv().await { Self::on(&mut self, m).await } }
            async fn on(&mut self, message: M) {} }",
        "run: loop\non: handles M\n",
    );
}

#[test]
fn a_batch_is_handed_on_message_by_message() {
    check(
        "",
        "impl A { async fn run(mut self) { let mut batch = Vec::new();
            while self.rx.recv_many(&mut batch, 8).await > 0 { for m in batch.drain(..) { self.on(m); } } }
            fn on(&mut self, m: M) {} }",
        "run: loop\non: handles M\n",
    );
}

#[test]
fn two_mailboxes_have_two_handlers() {
    check(
        "",
        "impl A { async fn run(mut self) { loop { tokio::select! {
                c = self.a.recv() => { let Some(c) = c else { break }; self.on_cmd(c, &up) }
                Ok(r) = self.b.recv_async() => self.on_rpc(r, Instant::now()).await,
            } } }
            fn on_cmd(&mut self, c: C, up: &Up) {} async fn on_rpc(&mut self, r: R, now: Instant) {} }",
        "run: loop\non_cmd: handles C\non_rpc: handles R\n",
    );
}

#[test]
fn a_decoy_takes_a_part_of_the_message() {
    check(
        "",
        "impl A { async fn run(mut self) { while let Some(m) = self.rx.recv().await { match m {
                Command::Frame(frame) => self.handle_message(frame).await, Command::Stop => break } } }
            async fn handle_message(&mut self, frame: WsFrame) {} }",
        "run: loop\n",
    );
}

#[test]
fn a_decoy_takes_what_another_source_yields() {
    check(
        "",
        "impl A { async fn run(mut self) { loop { tokio::select! {
                Some(frame) = self.socket.next() => self.handle_message(frame).await,
                Some(m) = self.rx.recv() => match m { M::A => {} } } } }
            async fn handle_message(&mut self, frame: WsFrame) {} }",
        "run: loop\n",
    );
}

#[test]
fn a_decoy_belongs_to_another_object() {
    check(
        "",
        "impl A { async fn run(mut self) { while let Some(m) = self.rx.recv().await { self.peer.handle_message(m); } }
            async fn handle_message(&mut self, frame: WsFrame) {} }",
        "run: loop\n",
    );
}

#[test]
fn without_a_loop_a_usual_name_is_enough() {
    check(
        "",
        "impl A { async fn handle_cmd(&mut self, up: &Up, c: C, now: Instant) {} fn f(&self, x: X) {} }",
        "handle_cmd: handles C\n",
    );
}

#[test]
fn with_a_loop_it_is_not() {
    check("", &format!("impl A {{ {LOOP} fn handle(&mut self, frame: WsFrame) {{}} }}"), "run: loop\n");
}

#[test]
fn some_types_are_never_messages() {
    let error = "error: nothing to trace here";
    for ty in
        ["u64", "Instant", "std::time::Duration", "&M", "&mut Vec<M>", "Option<u64>", "impl Into<M>", "Self"]
    {
        let found = roles("", &format!("impl A {{ fn handle(&mut self, m: {ty}) {{}} }}"));
        assert!(found.starts_with(error), "{ty}: {found}");
    }
}

#[test]
fn a_function_that_cannot_be_wrapped_is_no_handler() {
    let error = "error: nothing to trace here";
    for function in [
        "const fn handle(&self, m: M) {}",
        "unsafe fn handle(&self, m: M) {}",
        "extern \"C\" fn handle(m: M) {}",
        "fn handle(&self, m: M) -> Option<impl Future<Output = ()>> {}",
        "fn handle(&self, m: M) -> (u8, BoxFuture<'_, ()>) {}",
        "fn handle<M>(&self, m: M) {}",
    ] {
        let found = roles("", &format!("impl A {{ {function} }}"));
        assert!(found.starts_with(error), "{function}: {found}");
    }
}

#[test]
fn a_handler_may_return_its_future() {
    for output in [
        "impl Future<Output = ()>",
        "impl std::future::Future<Output = Result<(), E>> + Send + use<>",
        "Pin<Box<dyn Future<Output = ()> + '_>>",
        "std::pin::Pin<std::boxed::Box<dyn Send + std::future::Future<Output = ()>>>",
        "Pin<Box<impl Future<Output = ()>>>",
        "BoxFuture<'_, ()>",
        "futures::future::LocalBoxFuture<'static, u8>",
    ] {
        check("", &format!("impl A {{ fn handle(&self, m: M) -> {output} {{}} }}"), "handle: handles M\n");
    }
}

#[test]
fn a_copy_of_the_message_is_the_message() {
    for argument in ["m.clone()", "m.to_owned()", "Some(m.clone())"] {
        check(
            "",
            &format!(
                "impl A {{ async fn run(mut self) {{ while let Some(m) = self.rx.recv().await {{
                    for _ in 0..3 {{ if self.work({argument}).await.is_ok() {{ break; }} }} }} }}
                    async fn work(&mut self, m: {}) -> Result<(), E> {{}} }}",
                if argument.starts_with("Some") { "Option<M>" } else { "M" },
            ),
            "run: loop\nwork: handles M\n",
        );
    }
    // Whoever gets the message itself is the handler, in whatever order.
    for calls in
        ["self.audit(m.clone()).await; self.work(m).await;", "self.store(m.clone()); self.work(m).await;"]
    {
        check(
            "",
            &format!(
                "impl A {{ async fn run(mut self) {{ while let Some(m) = self.rx.recv().await {{ {calls} }} }}
                    async fn audit(&mut self, m: M) {{}} async fn store(&self, m: M) {{}} async fn work(&mut self, m: M) {{}} }}"
            ),
            "run: loop\nwork: handles M\n",
        );
    }
}

#[test]
fn a_condition_may_begin_with_a_block() {
    for condition in [
        "let Some(m) = { let mut rx = self.rx.lock().await; rx.recv().await }",
        "let Some(m) = match timeout(D, self.rx.recv()).await { Ok(m) => m, Err(_) => None }",
        "let Some(m) = if self.fast { self.rx.try_recv().ok() } else { self.rx.recv().await }",
        "let Some(m) = unsafe { self.rx().recv() }.await",
        "let Some(m) = loop { if let Ok(m) = self.rx.try_recv() { break Some(m) } }",
        "self.open && let Some(m) = { self.rx.recv().await } && self.open",
        "let Some(_) = { self.next() } && let Some(m) = { self.rx.recv().await }",
    ] {
        for word in ["while", "if"] {
            check(
                "",
                &format!(
                    "impl A {{ async fn run(mut self) {{ {word} {condition} {{ self.work(m).await; }} }}
                        async fn work(&mut self, m: M) {{}} fn next(&self) -> Option<u8> {{}} }}"
                ),
                "run: loop\nwork: handles M\n",
            );
        }
    }
    check(
        "",
        "impl A { async fn run(mut self) { loop { match { self.rx.lock().await.recv().await } {
                Some(m) => self.work(m).await, None => break } } }
            async fn work(&mut self, m: M) {} }",
        "run: loop\nwork: handles M\n",
    );
}

#[test]
fn what_takes_envelopes_is_left_alone() {
    check(
        "",
        "impl A { fn handle(&mut self, m: Envelope<M>) { let (m, h) = m.open(); } }",
        "handle: settled\n",
    );
    check(
        "handler = on",
        "impl A { fn on(&mut self, m: impl Into<traced_actor::Envelope<M>>) {} }",
        "on: settled\n",
    );
}

#[test]
fn skip_leaves_a_method_alone() {
    check(
        "",
        "impl A { #[traced(skip)] fn handle(&mut self, m: M) {} fn on_msg(&mut self, m: M) {} #[traced(skip)] async fn run(self) { self.rx.recv().await; loop {} } }",
        "on_msg: handles M\n",
    );
}

#[test]
fn a_method_with_an_attribute_of_its_own_is_left_to_it() {
    check(
        "",
        "impl A { #[traced_actor(name = \"x\")] async fn run(self) { loop { self.rx.recv().await; } } }",
        "run: settled\n",
    );
}

#[test]
fn loops_come_in_all_forms() {
    for body in [
        "while let Some(m) = self.rx.recv().await {}",
        "loop { tokio::select! { Some(m) = self.rx.recv() => {} } }",
        "while let Ok(m) = self.rx.recv_async().await {}",
        "while let Some(e) = self.rx.recv_envelope().await {}",
        "self.rx.recv_many(&mut buffer, 10).await; handle(buffer)",
        "while let Ok(m) = self.rx.try_recv() {}",
        "let m = self.rx.recv().await; work(m)",
    ] {
        check("", &format!("impl A {{ async fn run(self) {{ {body} }} }}"), "run: loop\n");
    }
    check("", "impl A { fn run(self) { while let Some(m) = self.rx.blocking_recv() {} } }", "run: loop\n");
}

#[test]
fn these_are_no_loops() {
    for function in [
        // In a closure, a nested function, a task.
        "async fn run(self) { self.spawn(|| { rx.recv() }) }",
        "async fn run(self) { self.spawn(move |rx| rx.recv()) }",
        "async fn run(self) { fn inner() { rx.recv() } }",
        "async fn run(self) { tokio::spawn(async move { while let Some(m) = rx.recv().await {} }); }",
        // A socket.
        "async fn run(self) { loop { self.socket.recv(&mut buffer).await; } }",
        // A helper of the loop, which handles nothing itself.
        "async fn next(&mut self) -> Option<M> { self.rx.recv().await }",
        "fn next(&mut self) -> Option<M> { self.rx.blocking_recv() }",
        "async fn next(&mut self) -> Result<M, E> { self.rx.try_recv()? }",
    ] {
        check("", &format!("impl A {{ {function} fn handle(&mut self, m: M) {{}} }}"), "handle: handles M\n");
    }
}

#[test]
fn a_loop_can_be_named() {
    check(
        "run = poll",
        "impl A { async fn poll(self) { self.stream.for_each(|m| {}).await } }",
        "poll: loop\n",
    );
    check(
        "",
        "impl A { #[traced(run)] fn work(self) { while let Ok(m) = self.rx.recv() {} } }",
        "work: loop\n",
    );
}

#[test]
fn a_function_of_its_own_is_the_loop_or_the_handler() {
    check("", "async fn run(mut rx: Receiver<M>) { while let Some(m) = rx.recv().await {} }", "run: loop\n");
    check("", "async fn answer(&mut self, m: M) -> bool { true }", "answer: handles M\n");
    check("msg = M", "fn answer(state: State, m: M) {}", "answer: handles M\n");
    check("", "#[traced(run)] async fn answer(m: M) {}", "answer: loop\n");
}

#[test]
fn in_a_module_the_owner_of_the_receiver_handles() {
    check(
        "",
        "mod m { enum M { A } struct Handle { tx: Sender<M> } struct A { rx: Arc<Mutex<mpsc::Receiver<M>>> }
            impl Handle { fn tell(&self, m: M) {} } impl A { fn on(&mut self, m: M) {} } }",
        "A::on: handles M\n",
    );
}

#[test]
fn in_a_module_a_free_loop_shows_the_handler() {
    check(
        "",
        "mod m { struct A { rx: Rx } impl A { fn on(&mut self, m: M) {} fn handle(&mut self, frame: Frame) {} }
            async fn run_actor(mut actor: A) { while let Some(m) = actor.rx.recv().await { actor.on(m) } } }",
        "A::on: handles M\nrun_actor: loop\n",
    );
}

#[test]
fn in_a_module_each_message_has_its_handler() {
    check(
        "",
        "mod m { type Rx = mpsc::UnboundedReceiver<C>; struct A { a: Rx, b: mpsc::Receiver<R> }
            impl A { fn on_cmd(&mut self, c: C, up: &Up) {} async fn on_rpc(&mut self, r: R, now: Instant) {} } }",
        "A::on_cmd: handles C\nA::on_rpc: handles R\n",
    );
}

#[test]
fn in_a_module_a_loop_means_its_own_type() {
    let others = "impl B { fn on(&mut self, frame: Frame) {} }";
    let own = "impl A { fn on(&mut self, m: M) {} async fn run(mut self) { while let Some(m) = self.rx.recv().await { self.on(m) } } }";
    check("", &format!("mod m {{ {others} {own} }}"), "A::on: handles M\nA::run: loop\n");

    let own = "impl A { fn on(&mut self, m: M) {} }
        async fn run(mut a: A) { while let Some(m) = a.rx.recv().await { a.on(m) } }";
    check("", &format!("mod m {{ {others} {own} }}"), "A::on: handles M\nrun: loop\n");
}

#[test]
fn threads_and_frames_are_loops() {
    for body in [
        "while let Some(m) = self.rx.blocking_recv() { self.on(m) }",
        "while let Ok(m) = self.rx.try_recv() { self.on(m) }",
        "while let Ok(m) = self.rx.recv() { self.on(m) }",
        "loop { match self.rx.recv_timeout(second) { Ok(m) => self.on(m), Err(_) => break } }",
        "while let Ok(m) = self.rx.recv_deadline(at) { self.on(m) }",
        "for m in self.rx.iter() { self.on(m) }",
        "for m in self.knobs.drain() { self.on(m) }",
        "for m in self.knobs.try_iter() { self.on(m); }",
        "for m in &self.inbox { self.on(m) }",
        "while let Poll::Ready(Some(m)) = self.rx.poll_recv(cx) { self.on(m) }",
    ] {
        check(
            "",
            &format!("impl A {{ fn run(&mut self) {{ {body} }} fn on(&mut self, m: M) {{}} }}"),
            "run: loop\non: handles M\n",
        );
    }
    // A collection that is not a mailbox yields references or pairs.
    check(
        "",
        "impl A { fn all(&self) { for m in self.seen.iter() { self.show(m) } } fn show(&self, m: &M) {}
            fn handle(&mut self, m: M) {} }",
        "handle: handles M\n",
    );
}

#[test]
fn who_calls_a_helper_receives() {
    let helpers = [
        "async fn next(&mut self) -> Option<M> { self.rx.recv().await }",
        "async fn next(&mut self) -> Option<M> { tokio::select! { m = self.rx.recv() => m, Some(m) = self.urgent.recv() => Some(m) } }",
        "async fn next(&mut self) -> Option<M> { match self.rx.recv().await { Some(m) => Some(m), None => None } }",
        "async fn next(&mut self) -> Option<M> { tokio::time::timeout(self.patience, self.rx.recv()).await.ok()? }",
        "async fn next(&mut self) -> Result<M, Closed> { self.rx.recv().await.ok_or(Closed) }",
        "async fn next(&mut self) -> Result<M, Closed> { let Some(m) = self.rx.recv().await else { return Err(Closed) }; Ok(m) }",
        "async fn next(&mut self) -> Option<M> { let m = self.rx.recv().await?; self.seen += 1; Some(m) }",
        "fn next(&mut self) -> Option<M> { self.rx.blocking_recv() }",
        "fn next(&mut self) -> Option<M> { self.rx.try_recv().ok() }",
        "fn next(&mut self) -> impl Future<Output = Option<M>> { self.rx.recv() }",
        "async fn next(&mut self) -> Option<Envelope<M>> { self.rx.recv_envelope().await }",
        "async fn next(&mut self) -> Option<M> { poll_fn(|cx| self.rx.poll_recv(cx)).await }",
        "async fn next(&mut self) -> Option<M> { self.tunes.next().await }",
    ];
    for helper in helpers {
        for run in [
            "async fn run(mut self) { while let Some(m) = self.next().await { self.on(m).await } }",
            "async fn run(mut self) { loop { tokio::select! { m = self.next() => { let Some(m) = m else { break }; self.on(m).await } } } }",
        ] {
            check(
                "",
                &format!("impl A {{ {run} {helper} async fn on(&mut self, m: M) {{}} }}"),
                "run: loop\non: handles M\n",
            );
        }
    }
}

#[test]
fn a_helper_may_call_a_helper() {
    check(
        "",
        "impl A { async fn run(mut self) { while let Ok(m) = self.outer().await { match m {} } }
            async fn outer(&mut self) -> Result<M, E> { self.inner().await.ok_or(E) }
            async fn inner(&mut self) -> Option<M> { self.rx.recv().await } }",
        "run: loop\n",
    );
    check(
        "",
        "mod m { enum M { #[traced(skip)] A } async fn run(mut rx: Receiver<M>) { while let Some(m) = next(&mut rx).await {} }
            async fn next(rx: &mut Receiver<M>) -> Option<M> { rx.recv().await } }",
        "run: loop\n",
    );
    check(
        "",
        "impl A { async fn run(mut self) { let mut batch = vec![]; while self.fill(&mut batch).await > 0 { for m in batch.drain(..) { self.on(m) } } }
            async fn fill(&mut self, batch: &mut Vec<M>) -> usize { self.rx.recv_many(batch, 8).await } fn on(&mut self, m: M) {} }",
        "run: loop\non: handles M\n",
    );
}

#[test]
fn what_a_helper_puts_beside_a_message_is_no_part_of_it() {
    for run in [
        "async fn run(mut self) { while let Some((m, at)) = self.next().await { self.on(m).await } }",
        "async fn run(mut self) { loop { let (m, at) = self.next().await.unwrap(); self.on(m).await } }",
    ] {
        check(
            "",
            &format!(
                "impl A {{ {run} async fn next(&mut self) -> Option<(M, Instant)> {{ Some((self.rx.recv().await?, now())) }} async fn on(&mut self, m: M) {{}} }}"
            ),
            "run: loop\non: handles M\n",
        );
    }
}

#[test]
fn what_a_helper_takes_out_of_a_message_is_none() {
    check(
        "",
        "impl A { async fn run(mut self) { while let Some(job) = self.next().await { self.on(job) } }
            async fn next(&mut self) -> Option<Job> { match self.rx.recv().await? { M::Work(job) => Some(job), _ => None } }
            fn on(&mut self, job: Job) {} }",
        "run: loop\n",
    );
}

#[test]
fn a_loop_that_ends_with_a_result_is_a_loop() {
    for end in ["Ok(self)", "Ok(())", "self.total", "Err(Closed)", "Self { rx, ..self }"] {
        check(
            "",
            &format!(
                "impl A {{ async fn run(mut self) -> Result<Self, E> {{ while let Some(m) = self.rx.recv().await {{ match m {{ M::A => {{}} }} }} {end} }} }}"
            ),
            "run: loop\n",
        );
    }
    // A part of the last message is not a message that the caller waits for.
    check(
        "",
        "impl A { async fn run(mut self) -> Option<Reply> { loop { match self.rx.recv().await? { M::Stop { reply } => break Some(reply), m => self.on(m) } } }
            fn on(&mut self, m: M) {} }",
        "run: loop\non: handles M\n",
    );
}

#[test]
fn a_block_shows_the_handler_and_is_none() {
    let on = "async fn on(&mut self, m: M) {}";
    for start in [
        "fn start(mut self) { tokio::spawn(async move { while let Some(m) = self.rx.recv().await { self.on(m).await } }); }",
        "fn start(mut self, config: Config) -> JoinHandle<()> { tokio::spawn(async move { while let Some(m) = self.rx.recv().await { self.on(m).await } }.traced()) }",
        "fn start(self) { std::thread::spawn(move || { while let Ok(m) = self.rx.recv() { self.on(m) } }); }",
    ] {
        check("", &format!("impl A {{ {start} {on} }}"), "on: handles M\n");
    }
}

#[test]
fn a_receive_in_a_block_makes_no_handler_of_its_function() {
    for function in [
        "async fn run(port: Port, mut keys: mpsc::Receiver<Key>) { let pump = async { while let Some(k) = keys.recv().await {} }; pump.await }",
        "fn spawn(config: Config, mut rx: mpsc::Receiver<Tick>) -> JoinHandle<u8> { tokio::spawn(async move { while let Some(t) = rx.recv().await {} }) }",
        "fn spawn(config: Config) -> Handle { let (tx, mut rx) = mpsc::channel(8); tokio::spawn(async move { while let Some(t) = rx.recv().await {} }); Handle { tx } }",
        "fn spawn(first: Command, rx: flume::Receiver<Command>) { std::thread::spawn(move || for c in rx.iter() {}); }",
    ] {
        let found = roles("", function);
        assert!(found.contains("call `.traced()` on the block"), "{function}: {found}");
    }
    // A handler may wait for something in a separate block.
    check(
        "",
        "impl A { async fn handle(&mut self, m: M) { spawn(async move { while let Some(p) = progress.recv().await {} }); } }",
        "handle: handles M\n",
    );
}

#[test]
fn a_handler_may_take_an_option_or_an_envelope() {
    check("msg = M", "impl A { fn on(&mut self, m: Option<M>) {} }", "on: handles M\n");
    check(
        "msg = M",
        "impl A { fn on(&mut self, m: Envelope<M>) { drop(m.into_message()) } }",
        "on: handles M\n",
    );
    check(
        "",
        "impl A { async fn run(mut self) { loop { let m = self.rx.recv().await; if !self.on(m).await { break } } }
            async fn on(&mut self, m: Option<M>) -> bool { true } }",
        "run: loop\non: handles M\n",
    );
    check(
        "",
        "impl A { async fn run(mut self) { while let Some(e) = self.rx.recv_envelope().await { self.on(e).await } }
            async fn on(&mut self, e: traced_actor::Envelope<M>) { self.one(e.into_message()) } }",
        "run: loop\non: handles M\n",
    );
    check("", "impl A { fn handle_message(&mut self, m: Option<M>) {} }", "handle_message: handles M\n");
    // A mailbox of options has them for messages.
    check(
        "",
        "impl A { async fn run(&mut self, rx: Receiver<Option<M>>) { while let Some(m) = rx.recv().await { self.on(m) } } fn on(&mut self, m: Option<M>) {} }",
        "run: loop\non: handles Option < M >\n",
    );
}

#[test]
fn without_a_loop_in_view_one_candidate_is_enough() {
    check(
        "",
        "impl Room { fn new(size: Size) -> Self {} async fn serve(&mut self, command: RoomCommand) {} }",
        "serve: handles RoomCommand\n",
    );
    check(
        "",
        "impl Room { fn join(&mut self, user: User) {} fn leave(&mut self, user: User) {} fn apply(&mut self, c: RoomCmd) { self.join(c.user) } }",
        "apply: handles RoomCmd\n",
    );
    // A handle sends it on.
    let found = roles(
        "",
        "impl Handle { async fn ask(&self, query: Query) -> Answer { self.tx.send(query).await } }",
    );
    assert!(found.starts_with("error: nothing to trace here"), "{found}");
    let found =
        roles("", "impl Room { fn join(&mut self, user: User) {} fn admit(&mut self, guest: Guest) {} }");
    assert!(found.starts_with("error: nothing to trace here"), "{found}");
}

#[test]
fn what_comes_from_another_crates_channel_is_not_handled() {
    let fields = "fn new(orders: mpsc::Receiver<Order>, frames: tokio::sync::mpsc::Receiver<Frame>) -> Self { Self { orders, frames } }";
    let run = "async fn run(mut self) { loop { tokio::select! {
        Some(order) = self.orders.recv() => match order { Order::Buy => {} },
        Some(frame) = self.frames.recv() => self.handle_message(frame), else => break } } }";
    let on = "fn handle_message(&mut self, frame: Frame) {}";
    check("", &format!("impl Desk {{ {fields} {run} {on} }}"), "run: loop\n");
    for channel in [
        "tokio::sync::mpsc::UnboundedReceiver<Frame>",
        "std::sync::mpsc::Receiver<Frame>",
        "tokio::sync::broadcast::Receiver<Frame>",
        "broadcast::Receiver<Frame>",
        "::flume::Receiver<Frame>",
        "tokio_stream::wrappers::ReceiverStream<Frame>",
    ] {
        let fields = fields.replace("tokio::sync::mpsc::Receiver<Frame>", channel);
        check("", &format!("impl Desk {{ {fields} {run} {on} }}"), "run: loop\n");
    }
    // The field has another name than the parameter, or the channel is made here.
    let fields = "fn new(orders: mpsc::Receiver<Order>, rx: tokio::sync::mpsc::Receiver<Frame>) -> Result<Self, E> { Ok(Self { orders, frames: rx }) }";
    check("", &format!("impl Desk {{ {fields} {run} {on} }}"), "run: loop\n");
    let fields = "fn new(orders: mpsc::Receiver<Order>) -> Self { let (tx, frames) = tokio::sync::mpsc::channel(8); Self { orders, frames } }";
    check("", &format!("impl Desk {{ {fields} {run} {on} }}"), "run: loop\n");
    // The struct is in view, or the import.
    check(
        "",
        &format!(
            "mod m {{ struct Desk {{ orders: mpsc::Receiver<Order>, frames: tokio::sync::mpsc::Receiver<Frame> }} impl Desk {{ {run} {on} }} }}"
        ),
        "Desk::run: loop\n",
    );
    check(
        "",
        &format!(
            "mod m {{ use tokio::sync::mpsc as plain; struct Desk {{ orders: mpsc::Receiver<Order>, frames: plain::Receiver<Frame> }} impl Desk {{ {run} {on} }} }}"
        ),
        "Desk::run: loop\n",
    );
}

#[test]
fn what_mirrors_another_crates_channel_is_ours() {
    let run = "async fn run(mut self) { while let Some(frame) = self.frames.recv().await { self.handle_message(frame); } }";
    let on = "fn handle_message(&mut self, frame: Frame) {}";
    for channel in [
        "traced_actor_channels::std::sync::mpsc::Receiver<Frame>",
        "traced_actor_channels::crossbeam_channel::Receiver<Frame>",
        "::traced_actor_channels::flume::Receiver<Frame>",
        "traced_actor_channels::tokio::sync::broadcast::Receiver<Frame>",
    ] {
        let new = format!("fn new(frames: {channel}) -> Self {{ Self {{ frames }} }}");
        check("", &format!("impl Desk {{ {new} {run} {on} }}"), "run: loop\nhandle_message: handles Frame\n");
    }
    // The import, in a group with others, among which a foreign one stays foreign.
    let imports = "use {std::sync::mpsc as plain, traced_actor_channels::{async_channel, std::sync::mpsc}};";
    let item = |receiver: &str| {
        format!(
            "mod m {{ {imports} struct Desk {{ frames: {receiver}<Frame> }} impl Desk {{ {run} {on} }} }}"
        )
    };
    for receiver in ["mpsc::Receiver", "async_channel::Receiver"] {
        check("", &item(receiver), "Desk::run: loop\nDesk::handle_message: handles Frame\n");
    }
    let found = roles("", &item("plain::Receiver"));
    assert!(found.starts_with("error: messages of this channel carry no trace"), "{found}");
}

#[test]
fn a_forgotten_import_is_told_where_it_can_be_seen() {
    let run = "async fn run(mut self) { while let Some(m) = self.rx.recv().await { self.handle_message(m).await; } }";
    let on = "async fn handle_message(&mut self, mail: Mail) {}";
    for item in [
        format!("impl A {{ fn new(rx: ::tokio::sync::mpsc::Receiver<Mail>) -> Self {{ Self {{ rx }} }} {run} {on} }}"),
        format!("mod m {{ use tokio::sync::mpsc; struct A {{ rx: mpsc::Receiver<Mail> }} impl A {{ {run} {on} }} }}"),
        format!("mod m {{ use tokio::sync::{{mpsc::{{Receiver, Sender}}, oneshot}}; struct A {{ rx: Receiver<Mail> }} impl A {{ {run} {on} }} }}"),
        "async fn run(mut rx: ::tokio::sync::mpsc::UnboundedReceiver<Mail>) { while let Some(m) = rx.recv().await {} }".to_owned(),
        "async fn run() { let (tx, mut rx) = ::tokio::sync::mpsc::channel::<Mail>(8); while let Some(m) = rx.recv().await {} }".to_owned(),
        format!("mod m {{ struct A {{ rx: tokio::sync::mpsc::Receiver<Mail> }} impl A {{ {run} {on} }} }}"),
    ] {
        let found = roles("", &item);
        assert!(found.starts_with("error: messages of this channel carry no trace: import `mpsc` from"), "{item}: {found}");
    }
}

/// Returns what is generated for an item.
fn expanded(item: &str) -> String {
    crate::traced("".parse().unwrap(), &item.parse().unwrap()).to_string().replace(' ', "")
}

#[test]
fn what_tokio_stands_for_is_left_to_the_compiler_where_no_use_is_in_view() {
    let run = "async fn run(mut self) { while let Some(m) = self.rx.recv().await { self.handle_message(m).await; } }";
    let on = "async fn handle_message(&mut self, mail: Mail) {}";
    let both = "run: loop\nhandle_message: handles Mail\n";
    for (item, roles, receiver) in [
        (
            format!("impl A {{ fn new(rx: tokio::sync::mpsc::Receiver<Mail>) -> Self {{ Self {{ rx }} }} {run} {on} }}"),
            both,
            "Receiver",
        ),
        (
            format!("impl A {{ fn new() -> Self {{ let (tx, rx) = tokio::sync::mpsc::unbounded_channel(); Self {{ rx }} }} {run} {on} }}"),
            both,
            "UnboundedReceiver",
        ),
        (
            format!("impl A {{ fn new(rx: Arc<Mutex<tokio::sync::mpsc::Receiver<Mail>>>) -> Self {{ Self {{ rx }} }} {run} {on} }}"),
            both,
            "Receiver",
        ),
        (
            "async fn run(mut rx: tokio::sync::mpsc::UnboundedReceiver<Mail>) { while let Some(m) = rx.recv().await {} }".to_owned(),
            "run: loop\n",
            "UnboundedReceiver",
        ),
        (
            "async fn run() { let (tx, mut rx) = tokio::sync::mpsc::channel::<Mail>(8); while let Some(m) = rx.recv().await {} }".to_owned(),
            "run: loop\n",
            "Receiver",
        ),
    ] {
        check("", &item, roles);
        let found = expanded(&item);
        let assumed = format!("const_:fn()=::traced_actor::__private::carries_trace::<tokio::sync::mpsc::{receiver}<()>>;");
        assert_eq!(found.matches(&assumed).count(), 1, "{item}\n{found}");
    }
}

#[test]
fn beside_another_mailbox_tokio_is_tokio_and_the_compiler_checks_it() {
    let run = "async fn run(mut self) { loop { tokio::select! {
        Some(order) = self.orders.recv() => match order { Order::Buy => {} },
        Some(frame) = self.frames.recv() => self.handle_message(frame), else => break } } }";
    let on = "fn handle_message(&mut self, frame: Frame) {}";
    let new = "fn new(orders: mpsc::Receiver<Order>, frames: tokio::sync::mpsc::Receiver<Frame>) -> Self { Self { orders, frames } }";
    let found = expanded(&format!("impl Desk {{ {new} {run} {on} }}"));
    assert!(found.contains("carries_none(::traced_actor::__private::Channel::<tokio::sync::mpsc::Receiver<()>>::CARRIES_TRACE)"), "{found}");
}

#[test]
fn a_step_of_a_loop_over_others_channels_is_no_handler() {
    let item = |path: &str| {
        format!(
            "impl A {{ fn new(rx: {path}::Receiver<(Id, Vec<Action>)>) -> Self {{ Self {{ rx }} }}
            async fn run(mut self) {{ while let Some((id, all)) = self.rx.recv().await {{ self.step(id, all).await; }} }}
            async fn step(&mut self, id: Id, all: Vec<Action>) {{}} }}"
        )
    };
    check("", &item("tokio::sync::mpsc"), "run: loop\n");
    // Nor by a usual name.
    for name in ["step", "handle_message"] {
        let found = roles("", &item("crossbeam_channel").replace("step", name));
        assert!(found.starts_with("error: messages of this channel carry no trace"), "{found}");
    }
}

#[test]
fn a_stream_of_ours_may_be_driven_by_its_own_methods() {
    for method in
        ["for_each(|m| async {})", "for_each_concurrent(4, |m| async {})", "fold(0, |n, m| async { n })"]
    {
        let item =
            |stream: &str| format!("async fn run(rx: mpsc::Receiver<M>) {{ {stream}.{method}.await; }}");
        check("", &item("ReceiverStream::new(rx)"), "run: loop\n");
        check("", &item("stream::UnboundedReceiverStream::from(rx)"), "run: loop\n");
    }
    let others =
        "async fn run(rx: mpsc::Receiver<M>, frames: Frames) { frames.for_each(|m| async {}).await; }";
    assert!(roles("", others).starts_with("error: nothing to trace here"));
}

#[test]
fn where_it_makes_no_difference_what_tokio_is_nothing_is_assumed() {
    let run = "async fn run(mut self) { while let Some(m) = self.rx.recv().await { self.handle_message(m).await; } }";
    let on = "async fn handle_message(&mut self, mail: Mail) {}";
    for item in [
        // The field is filled elsewhere, by way of a function of that name.
        format!(
            "impl A {{ fn start() {{ let (tx, rx) = tokio::sync::mpsc::channel(8); Self::new(rx).run(); }} {run} {on} }}"
        ),
        format!(
            "impl A {{ fn new(rx: mpsc::Receiver<Mail>, sleep: tokio::time::Sleep) -> Self {{ Self {{ rx, sleep }} }} {run} {on} }}"
        ),
        format!(
            "impl A {{ fn new(rx: mpsc::Receiver<Mail>, out: tokio::sync::mpsc::Sender<Note>) -> Self {{ Self {{ rx, out }} }} {run} {on} }}"
        ),
        // With the `use` in view it is known.
        format!(
            "mod m {{ use traced_actor::tokio; struct A {{ rx: tokio::sync::mpsc::Receiver<Mail> }} impl A {{ {run} {on} }} }}"
        ),
    ] {
        let found = expanded(&item);
        assert!(found.contains("__traced_run"), "{found}");
        assert!(!found.contains("carries_"), "{found}");
    }
}

#[test]
fn an_import_in_view_makes_tokio_ours() {
    let run = "async fn run(mut self) { while let Some(m) = self.rx.recv().await { self.handle_message(m).await; } }";
    let on = "async fn handle_message(&mut self, mail: Mail) {}";
    let both = "A::run: loop\nA::handle_message: handles Mail\n";
    for (uses, receiver) in [
        ("use traced_actor::tokio;", "tokio::sync::mpsc::Receiver"),
        ("use traced_actor::{tokio, traced_actor};", "tokio::sync::mpsc::Receiver"),
        ("use super::tokio;", "tokio::sync::mpsc::Receiver"),
        ("use traced_actor::tokio; use tokio::sync::mpsc;", "mpsc::Receiver"),
        (
            "use tokio::{select, sync::{mpsc::{Receiver, Sender}, oneshot}}; use traced_actor::tokio;",
            "Receiver",
        ),
        ("use traced_actor::tokio::sync::mpsc;", "mpsc::Receiver"),
    ] {
        check(
            "",
            &format!("mod m {{ {uses} struct A {{ rx: {receiver}<Mail> }} impl A {{ {run} {on} }} }}"),
            both,
        );
    }
    for (uses, receiver) in [
        ("use traced_actor::tokio;", "::tokio::sync::mpsc::Receiver"),
        ("use traced_actor::tokio; use ::tokio::sync::mpsc;", "mpsc::Receiver"),
        ("use tokio;", "tokio::sync::mpsc::Receiver"),
    ] {
        let found = roles(
            "",
            &format!("mod m {{ {uses} struct A {{ rx: {receiver}<Mail> }} impl A {{ {run} {on} }} }}"),
        );
        assert!(found.starts_with("error: messages of this channel carry no trace"), "{uses} {found}");
    }
}

#[test]
fn a_stream_is_a_mailbox_where_nothing_else_is() {
    check(
        "",
        "impl Radio { async fn run(mut self) { while let Some(tune) = self.tunes.next().await { self.handle_message(tune).await; } }
            async fn handle_message(&mut self, _: Tune) {} }",
        "run: loop\nhandle_message: handles Tune\n",
    );
    check(
        "",
        "impl Radio { fn new(tunes: ReceiverStream<Tune>, socket: Socket) -> Self { Self { tunes, socket } }
            async fn run(mut self) { loop { tokio::select! { Some(t) = self.tunes.next() => self.on(t), Some(f) = self.socket.next() => self.frame(f) } } }
            fn on(&mut self, t: Tune) {} fn frame(&mut self, f: Frame) {} }",
        "run: loop\non: handles Tune\n",
    );
    check(
        "",
        "async fn run(rx: mpsc::Receiver<Tune>) { let mut tunes = ReceiverStream::new(rx); while let Some(t) = tunes.next().await {} }",
        "run: loop\n",
    );
}

#[test]
fn a_loop_over_a_mailbox_that_it_is_given_is_no_handler_of_what_comes_beside() {
    check(
        "",
        "async fn receiver(mut rx: mpsc::Receiver<u32>, count: u32) { while let Some(n) = rx.recv().await {} }",
        "receiver: loop\n",
    );
    check(
        "",
        "async fn send_task(rx: mpsc::Receiver<Text>, ping: PingConfig) { let mut rx = ReceiverStream::new(rx); let mut item = rx.next();
            loop { match future::select(item, other()).await { Left((Some(text), _)) => { item = rx.next(); } _ => break } } }",
        "send_task: loop\n",
    );
    let found =
        roles("", "async fn watch(mut rx: mpsc::Receiver<M>, config: Config) { forward(rx, config).await }");
    assert!(found.starts_with("error: nothing to trace here"), "{found}");
    check(
        "",
        "impl A { async fn run(&mut self, first: M, mut rx: mpsc::Receiver<M>) { self.on(first); while let Some(m) = rx.recv().await { self.on(m) } } fn on(&mut self, m: M) {} }",
        "run: loop\non: handles M\n",
    );
}

/// The code that other attributes produce if they are expanded first.
#[test]
fn an_attribute_above_is_told() {
    let receives = "while let Some(m) = ticks.recv().await {}";
    for function in [
        // `#[tracing::instrument]`
        format!(
            "async fn run(mut ticks: Receiver<M>) {{ let __tracing_attr_span = span!(); let __tracing_instrument_future = async move {{ {receives} }}; __tracing_instrument_future.await }}"
        ),
        // `#[tokio::main]`
        format!(
            "fn main() {{ let body = async {{ let (tx, mut ticks) = channel::<M>(1); {receives} }}; return Builder::new_multi_thread().enable_all().build().expect(\"x\").block_on(body); }}"
        ),
        // `#[async_trait]`
        format!(
            "fn serve<'life0, 'async_trait>(&'life0 mut self) -> Pin<Box<dyn Future<Output = ()> + Send + 'async_trait>> where 'life0: 'async_trait {{ Box::pin(async move {{ let __self = self; {receives} }}) }}"
        ),
    ] {
        let found = roles("", &function);
        assert!(
            found.starts_with("error: another attribute has already rewritten this function"),
            "{function}: {found}"
        );
    }
}

const HANDLE: &str = "async fn handle(&mut self, task: Task) -> Result<(), E> { Ok(()) }";

#[test]
fn an_event_that_wraps_the_message_is_taken_apart() {
    let of_helper = "async fn run(mut self) { loop { match self.next().await {
            Event::Task(task) if self.open => self.handle(task).await,
            Event::Task(_) => continue,
            Event::Tick => self.tick().await,
        } } }
        async fn next(&mut self) -> Event { select! {
            Some(task) = self.inbox.recv() => Event::Task(task),
            _ = self.ticks.tick() => Event::Tick,
        } }
        async fn tick(&mut self) {}";
    check("", &format!("impl A {{ {of_helper} {HANDLE} }}"), "run: loop\nhandle: handles Task\n");
    let in_place = "async fn run(mut self) { loop {
            let event = select! { task = self.inbox.recv() => Event::Task(task), _ = self.ticks.tick() => Event::Tick };
            match event {
                Event::Task(Some(task)) => self.handle(task).await,
                Event::Task(None) => break,
                Event::Tick => {}
            }
        } }";
    check("", &format!("impl A {{ {in_place} {HANDLE} }}"), "run: loop\nhandle: handles Task\n");
    // A part of the message, whose variant has the name of no wrapper in view.
    let part = "async fn run(mut self) { while let Some(message) = self.inbox.recv().await {
            match message { Message::Task(task) => self.handle(task).await, other => self.out.send(Out::Task(other)) }
        } }";
    check("", &format!("impl A {{ {part} {HANDLE} }}"), "run: loop\n");
}

#[test]
fn the_braces_of_a_macro_do_not_end_a_condition() {
    let select = "async fn run(mut self) {
            while let Some(task) = tokio::select! { task = self.inbox.recv() => task, _ = self.stop.changed() => None } {
                self.handle(task).await.ok();
            }
        }";
    check("", &format!("impl A {{ {select} {HANDLE} }}"), "run: loop\nhandle: handles Task\n");
    let matched = "async fn run(mut self) { loop {
            match select! { task = self.inbox.recv() => task, _ = self.stop.changed() => None } {
                Some(task) => self.handle(task).await.unwrap(),
                None => break,
            }
        } }";
    check("", &format!("impl A {{ {matched} {HANDLE} }}"), "run: loop\nhandle: handles Task\n");
}

#[test]
fn the_first_of_two_futures_yields_the_message() {
    for pattern in ["Either::Left((Some(task), _))", "Left((Some(task), ticks))", "Either::Left(Some(task))"]
    {
        let either = format!(
            "async fn run(mut self) {{ loop {{
                match select(pin!(self.inbox.recv()), pin!(self.ticks.tick())).await {{
                    {pattern} => self.handle(task).await.unwrap(),
                    _ => break,
                }}
            }} }}"
        );
        check("", &format!("impl A {{ {either} {HANDLE} }}"), "run: loop\nhandle: handles Task\n");
    }
}

#[test]
fn a_task_that_gets_the_message_calls_the_handler() {
    for this in ["let this = self.clone();", "let this = Arc::clone(&self);"] {
        let spawned = format!(
            "async fn run(self) {{ while let Some(task) = self.inbox.recv().await {{
                {this}
                task::spawn(async move {{ this.handle(task).await }});
            }} }}"
        );
        check("", &format!("impl A {{ {spawned} {HANDLE} }}"), "run: loop\nhandle: handles Task\n");
    }
    // The parameter of a closure has only the name, and a peer is another object.
    let closure = "async fn run(self) { while let Some(task) = self.inbox.recv().await {
            self.tasks.retain(|task| self.handle(task));
            let peer = self.peers.pop();
            spawn(async move { peer.handle(task).await });
        } }";
    check("", &format!("impl A {{ {closure} {HANDLE} }}"), "run: loop\n");
}
