//! Calls that start code without the trace of the message: where they stand, and which of them are told.

use super::lost;

const SPAWN: &str = "tokio::spawn(work());";

/// An actor with these statements in its loop, and these methods beside it.
fn actor(before: &str, inside: &str, methods: &str) -> String {
    format!(
        "impl A {{
            async fn run(mut self) {{
                {before}
                while let Some(message) = self.inbox.recv().await {{ {inside} self.handle(message).await; }}
            }}
            async fn handle(&mut self, message: Message) {{ self.act(); }}
            {methods}
        }}"
    )
}

#[track_caller]
fn check(item: &str, expected: &[&str]) {
    assert_eq!(lost("", item), expected, "{item}");
}

#[test]
fn a_call_in_a_method_that_a_handler_calls_is_told() {
    for call in
        ["tokio::spawn(work());", "if late { tokio::spawn(work()); }", "let _ = tokio::spawn(work()).await;"]
    {
        check(&actor("", "", &format!("fn act(&self) {{ {call} }}")), &["tokio_spawn: spawn"]);
    }
    // Through further methods, by `Self::`, and in a closure that the method calls.
    for body in [
        "self.further();",
        "Self::further(self)",
        "match 1 { _ => self.further() }",
        "list.iter().map(|_| self.further())",
    ] {
        let methods = format!("fn act(&self) {{ {body} }} fn further(&self) {{ {SPAWN} }}");
        check(&actor("", "", &methods), &["tokio_spawn: spawn"]);
    }
    check(&actor("", "self.flush();", &format!("fn flush(&self) {{ {SPAWN} }}")), &["tokio_spawn: spawn"]);
}

#[test]
fn a_call_in_a_method_is_told_once() {
    let methods = format!("fn act(&self) {{ {SPAWN} self.act() }}");
    check(&actor("", "self.act(); self.act();", &methods), &["tokio_spawn: spawn"]);
}

#[test]
fn a_function_beside_the_actor_is_told() {
    let item = format!(
        "mod a {{
            impl A {{
                async fn run(mut self) {{ while let Some(message) = self.inbox.recv().await {{ self.handle(message) }} }}
                fn handle(&mut self, message: Message) {{ act(); }}
            }}
            fn act() {{ {SPAWN} }}
            impl B {{ fn act(&self) {{ {SPAWN} }} }}
        }}"
    );
    let crate::Read { item, .. } = crate::read("".parse().unwrap(), item.parse().unwrap()).unwrap();
    let crate::model::Item::Module(module) = &item else { panic!("it is a module") };
    let of = |item: &crate::model::Item| match item {
        crate::model::Item::Actor(actor) => actor.functions().map(|function| function.lost.len()).collect(),
        crate::model::Item::Function(function) => vec![function.lost.len()],
        _ => Vec::new(),
    };
    let lost: Vec<Vec<usize>> = module.items.iter().map(of).collect();
    assert_eq!(lost, [vec![0, 1], vec![0], vec![0]]);
}

#[test]
fn a_call_that_handles_no_message_is_not_told() {
    // Before the first message, in a method that nobody calls, of another value, and of another name.
    let act = format!("fn act(&self) {{}} fn start(&self) {{ {SPAWN} }}");
    check(&actor("self.start();", "", &act), &[]);
    check(&actor("", "", &act), &[]);
    check(&actor("", "self.peer.start(); peer.start(); start(); Peer::start();", &act), &[]);
    // It is a flow of its own.
    check(&actor("", "", "fn act(&self) { tokio::spawn(work().traced()); }"), &[]);
    // The code that runs in the task of another call has lost the trace already.
    check(
        &actor(
            "",
            "",
            &format!(
                "fn act(&self) {{ task::spawn(async move {{ self.further() }}); }} fn further(&self) {{ {SPAWN} }}"
            ),
        ),
        &[],
    );
}

#[test]
fn the_warning_can_be_silenced() {
    let allowed = format!("#[traced(allow(lost_context))] fn act(&self) {{ {SPAWN} }}");
    check(&actor("", "", &allowed), &[]);
    let skipped = format!("#[traced(skip)] fn act(&self) {{ {SPAWN} }}");
    check(&actor("", "", &skipped), &[]);
    let item = actor("", "", &format!("fn act(&self) {{ {SPAWN} }}"));
    assert_eq!(lost("allow(lost_context)", &item), [""; 0]);
}

#[test]
fn a_block_for_another_executor_is_told() {
    for call in [
        "self.tasks.spawn(async move { work().await });",
        "self.tasks.spawn(async {});",
        "handle.spawn_local(async {});",
        "let abort = self.tasks.spawn_on(async move {}, &handle);",
        "tokio::runtime::Handle::current().spawn(async {});",
    ] {
        let found = lost("", &actor("", "", &format!("fn act(&mut self) {{ {call} }}")));
        assert_eq!(found.len(), 1, "{call}");
        assert!(found[0].starts_with("tokio_spawn: spawn"), "{call} {found:?}");
    }
}

#[test]
fn what_may_be_no_block_of_its_own_is_not_told() {
    for call in [
        "self.tasks.spawn(async {}.in_current_trace());",
        "self.tasks.spawn(async {}.traced());",
        // The handler's future has claimed its message.
        "self.tasks.spawn(self.serve(message));",
        "scope.spawn(|| work());",
        "task::spawn(async {});",
        "self.tasks.push(async {});",
        "spawn(async {});",
    ] {
        check(&actor("", "", &format!("fn act(&mut self) {{ {call} }}")), &[]);
    }
}
