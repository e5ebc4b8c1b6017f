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
        ["u64", "Instant", "std::time::Duration", "&M", "&mut Vec<M>", "Option<M>", "impl Into<M>", "Self"]
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
        "fn handle(&self, m: M) -> impl Future<Output = ()> {}",
        "fn handle(&self, m: M) -> Pin<Box<dyn Future<Output = ()> + '_>> {}",
        "fn handle(&self, m: M) -> BoxFuture<'_, ()> {}",
        "fn handle<M>(&self, m: M) {}",
    ] {
        let found = roles("", &format!("impl A {{ {function} }}"));
        assert!(found.starts_with(error), "{function}: {found}");
    }
}

#[test]
fn what_takes_envelopes_is_left_alone() {
    check("", "impl A { fn handle(&mut self, m: Envelope<M>) {} }", "handle: settled\n");
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
        // A thread that polls.
        "fn run(self) { while let Ok(m) = self.rx.try_recv() {} }",
        "fn run(self) { while let Ok(m) = self.rx.recv() {} }",
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
