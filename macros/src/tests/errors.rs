//! Every mistake: what is underlined, and what is said. Several come together.

use super::errors;

/// One error, at `at`, that says `message`.
#[track_caller]
fn one(args: &str, item: &str, at: &str, message: &str) {
    let found = errors(args, item);
    let found: Vec<_> = found.iter().map(|(at, message)| (at.as_str(), message.as_str())).collect();
    assert_eq!(found, [(at, message)], "in {item}");
}

/// One error, whose message starts like this.
#[track_caller]
fn starts(args: &str, item: &str, at: &str, message: &str) {
    match errors(args, item).as_slice() {
        [(found, text)] if found == at && text.starts_with(message) => {}
        other => panic!("{item}: {other:?}"),
    }
}

const ENUM: &str = "enum M { A(u8), B }";
const ACTOR: &str = "impl A { fn handle(&mut self, m: M) {} }";

#[test]
fn items_of_another_kind() {
    let goes_on = "`#[traced_actor]` goes on an enum or struct (the message), an `impl` block or a `fn` (the actor), \
                   or an inline module (both)";
    one("", "const A: u8 = 1;", "const", goes_on);
    one("", "pub trait T { fn f(); }", "trait", goes_on);
    one("", "#[doc = \"x\"] pub(crate) use a::b;", "use", goes_on);
    one("", "macro_rules! m { () => {} }", "macro_rules", goes_on);
    one("", "union U { a: u8 }", "union", goes_on);
    one("", "type A = B;", "type", goes_on);
    one("", "static A: u8 = 1;", "static", goes_on);
    starts("", "pub mod guild;", "mod", "`#[traced_actor]` needs the module's contents: write them inline");
    starts(
        "",
        "impl a::Service<M> for A { async fn handle(&mut self, m: M) {} }",
        "a::Service<M>",
        "methods of a trait cannot be traced: annotate the function that runs the receive loop, or call `.traced()`",
    );
    one(
        "",
        "#[traced_actor] enum M {}",
        "enum",
        "this item is annotated twice: remove one `#[traced_actor]`",
    );
}

#[test]
fn unknown_options() {
    one(
        "nme = \"x\"",
        ACTOR,
        "nme",
        "unknown option `nme`; did you mean `name`? (known here: `name`, `msg`, `handler`, `run`, `start`, `sampler`, \
         `fanout_budget`, `hop_limit`, `crate`, `local`, `spawn`, `allow` and `by_type`)",
    );
    one(
        "colour = 3",
        ENUM,
        "colour",
        "unknown option `colour` (known here: `name`, `start`, `sampler`, `fanout_budget`, `hop_limit`, `crate`, `ractor`, `kameo` and `actix`)",
    );
    one(
        "",
        "enum M { #[traced(smaple = 1)] A }",
        "smaple",
        "unknown option `smaple`; did you mean `sample`? (known here: `skip`, `name`, `sample`, `fanout`, `fanout_policy`, \
         `fields`, `key`, `link`, `index` and `since`)",
    );
    starts(
        "",
        "impl A { #[traced(hander)] fn f(&self, m: M) {} fn handle(&self, m: M) {} }",
        "hander",
        "unknown option `hander`; did you mean `handler`?",
    );
    one(
        "3",
        ENUM,
        "3",
        "expected one of `name`, `start`, `sampler`, `fanout_budget`, `hop_limit`, `crate`, `ractor`, `kameo` and `actix`",
    );
}

#[test]
fn options_in_another_place() {
    let actor = "does not go here: it belongs to the actor, on its `impl` block";
    for key in ["msg", "handler", "run", "local"] {
        starts(&format!("{key} = x"), ENUM, key, &format!("`{key}` {actor}"));
    }
    starts("sample = 0.1", ENUM, "sample", "`sample` does not go here: it belongs to one kind of message");
    starts("fields(a)", ACTOR, "fields", "`fields` does not go here: it belongs to one kind of message");
    starts(
        "",
        "enum M { #[traced(start = never)] A }",
        "start",
        "`start` does not go here: it belongs to the actor",
    );
    starts(
        "handler = f",
        "fn f(m: M) {}",
        "handler",
        "`handler` does not go here: it names one of several methods",
    );
    starts(
        "",
        "#[traced(skip)] enum M { A }",
        "skip",
        "`skip` does not go here: it belongs to one kind of message, `#[traced(..)]` on the variant",
    );
    starts(
        "",
        "enum M { A { #[traced(skip)] a: u8 } }",
        "traced",
        "`#[traced]` does not go here: a field is recorded",
    );
    starts(
        "",
        "#[traced(handler)] impl A { fn handle(&self, m: M) {} }",
        "traced",
        "`#[traced]` does not go here: an `impl` block",
    );
}

#[test]
fn duplicates_point_at_both() {
    let found = errors("name = \"a\", hop_limit = 1, name = \"b\"", ACTOR);
    assert_eq!(
        found,
        [("name".into(), "`name` is given twice".into()), ("name".into(), "first one here".into())]
    );
    let found = errors("", "enum M { #[traced(skip)] #[traced(skip)] A }");
    assert_eq!(
        found,
        [("skip".into(), "`skip` is given twice".into()), ("skip".into(), "first one here".into())]
    );
}

#[test]
fn wrong_values() {
    one("name", ACTOR, "name", "`name` takes a value: write `name = \"Guild\"`");
    one("name = , hop_limit = 3", ACTOR, "=", "`name` takes a value: write `name = \"Guild\"`");
    one(
        "name = Guild",
        ACTOR,
        "Guild",
        "invalid value for `name` (expected string literal): write `name = \"Guild\"`",
    );
    one("name = \"\"", ACTOR, "\"\"", "invalid value for `name` (empty): write `name = \"Guild\"`");
    one("msg = &M", ACTOR, "&M", "expected the path of the message type: write `msg = Message`");
    one(
        "handler = \"handle\"",
        ACTOR,
        "\"handle\"",
        "invalid value for `handler` (expected identifier): write `handler = handle_message`",
    );
    one(
        "start = maybe",
        ACTOR,
        "maybe",
        "invalid value for `start` (unknown rule): write `start = never`, `start = always` or `start = sampler`",
    );
    one(
        "hop_limit = 0",
        ACTOR,
        "0",
        "invalid value for `hop_limit` (it must be from 1 to 65535): write `hop_limit = 64`",
    );
    one(
        "hop_limit = 70000",
        ACTOR,
        "70000",
        "invalid value for `hop_limit` (it must be from 1 to 65535): write `hop_limit = 64`",
    );
    one(
        "fanout_budget = many",
        ACTOR,
        "many",
        "invalid value for `fanout_budget` (expected integer literal): write `fanout_budget = 10`",
    );
    one(
        "sampler = 3",
        ACTOR,
        "3",
        "invalid value for `sampler` (expected identifier): write `sampler = path::to::function`",
    );
    one(
        "crate = 3",
        ACTOR,
        "3",
        "invalid value for `crate` (expected identifier): write `crate = \"::traced_actor\"`",
    );
    starts(
        "crate = \"traced\"",
        ACTOR,
        "\"traced\"",
        "a relative path means something else in each module: write `crate = \"::path\"`",
    );
    one("name = \"a\" hop_limit = 3", ACTOR, "hop_limit", "expected `,` before the next option");
    one("", "enum M { #[traced = 3] A }", "=", "options go in parentheses: write `#[traced(..)]`");
}

#[test]
fn wrong_values_of_a_kind() {
    let ratio = "a sampling ratio lies between 0.0 and 1.0: `sample = 0.01` keeps one in a hundred";
    let variant = |options: &str| format!("enum M {{ #[traced({options})] A(u8) }}");
    one("", &variant("sample = 1.5"), "1.5", ratio);
    one("", &variant("sample = -0.5"), "-0.5", ratio);
    one("", &variant("sample = 2"), "2", ratio);
    one(
        "",
        &variant("sample = \"1\""),
        "\"1\"",
        "invalid value for `sample` (not a number): write `sample = 0.01`",
    );
    one("", &variant("fanout"), "fanout", "`fanout` takes a value: write `fanout = recipients.len()`");
    one(
        "",
        &variant("fields = a"),
        "fields",
        "`fields` takes a list: write `fields(channel, %user, text_len = text.len())`",
    );
    one(
        "",
        &variant("fields()"),
        "fields",
        "`fields` records nothing: write `fields(channel, %user, text_len = text.len())`",
    );
    one(
        "",
        &variant("skip, sample = 0.1"),
        "sample",
        "a skipped message has no span: remove `sample`, or `skip`",
    );
}

#[test]
fn fields_that_are_not_there() {
    let item = "enum M { #[traced(fields(chanel, %nope, x = anything))] A { channel: u8, user: u8 }, #[traced(fields(y))] B }";
    assert_eq!(
        errors("", item),
        [
            ("chanel".into(), "no field `chanel` in `A`; did you mean `channel`?".into()),
            (
                "nope".into(),
                "no field `nope` in `A` (it has `channel` and `user`); to record another value, \
             write `name = expression`"
                    .into()
            ),
            (
                "y".into(),
                "no field `y` in `B`, it has none; to record another value, write `name = \
             expression`"
                    .into()
            ),
        ]
    );
}

#[test]
fn two_candidates_are_one_error() {
    let message = "`handle` and `on_message` could each be the handler: write `#[traced_actor(handler = handle)]`, or \
                   `#[traced(handler)]` on the handler of each mailbox";
    one(
        "",
        "impl A { fn handle(&mut self, m: M) {} fn on_message(&mut self, n: N) {} }",
        "on_message",
        message,
    );
    one(
        "msg = M",
        "impl A { fn handle(&mut self, m: M) {} fn on_message(&mut self, n: M) {} }",
        "on_message",
        message,
    );
}

#[test]
fn nothing_to_trace() {
    starts(
        "",
        "impl a::Guild<T> { fn f(&self) {} }",
        "a::Guild<T>",
        "nothing to trace here: no receive loop",
    );
    starts("", "pub fn f(x: u64) {}", "f", "nothing to trace here: no receive loop");
    starts("", "mod m { enum E {} }", "m", "nothing to trace in this module");
}

#[test]
fn names_that_are_not_there() {
    one("handler = handel", ACTOR, "handel", "no function `handel` here; did you mean `handle`?");
    one("run = start", ACTOR, "start", "no function `start` here (found: `handle`)");
}

#[test]
fn handlers_that_cannot_be() {
    let handler = |function: &str| format!("impl A {{ #[traced(handler)] {function} }}");
    let start = |function: &str, at: &str, message: &str| one("", &handler(function), at, message);
    start(
        "const fn f(m: M) {}",
        "const",
        "`const` functions cannot be traced: remove `const`, or trace the caller",
    );
    start(
        "unsafe fn f(m: M) {}",
        "unsafe",
        "`unsafe` functions cannot be traced: remove `unsafe`, or trace the caller",
    );
    start(
        "fn f(&self) {}",
        "f",
        "the handler `f` has no parameter for a message: add one by value, `message: Message`",
    );
    start(
        "fn f(&self, m: &M) {}",
        "&M",
        "the handler `f` takes its message by value: write the type without `&`",
    );
    start(
        "fn f(&self, m: M) -> Option<BoxFuture<'_, ()>> {}",
        "-> Option<BoxFuture<'_, ()>>",
        "it is not seen when the future ends that the handler `f` returns: write `async fn f`, or return \
         `impl Future<Output = ..>` or `Pin<Box<dyn Future<Output = ..>>>`",
    );
    start(
        "fn f(&self, m: M<'_>) {}",
        "_",
        "the message type of a handler needs a named lifetime here: write `Message<'a>`",
    );
    start(
        "fn f<T>(&self, m: T) {}",
        "T",
        "the message type of a handler cannot be the function's own generic parameter: move it to the `impl`, or name \
         the type",
    );
    start(
        "fn f(&self, m: M, #[cfg(a)] a: u8, #[cfg(b)] b: u8, #[cfg(c)] c: u8, #[cfg(d)] d: u8) {}",
        "d",
        "a traced function can have up to three different `#[cfg]` on its parameters: put some of them on two versions \
         of the function",
    );
}

#[test]
fn marks_that_contradict() {
    one(
        "",
        "impl A { #[traced(run, skip)] async fn f(self) {} fn handle(&self, m: M) {} }",
        "skip",
        "`run` and `skip` cannot be combined: remove one of the two",
    );
    starts("", "impl A { #[traced] fn handle(&self, m: M) {} }", "traced", "say what this method is");
}

#[test]
fn a_sampler_that_is_never_asked() {
    one(
        "start = never, sampler = by_user",
        ACTOR,
        "never",
        "`start = never` leaves no decision to the `sampler`: remove one of the two",
    );
    assert!(errors("start = sampler, sampler = by_user", ACTOR).is_empty());
}

#[test]
fn reserved_names() {
    one(
        "",
        "impl A { fn __traced_run(&self) {} fn handle(&self, m: M) {} }",
        "__traced_run",
        "names that start with `__traced_` are reserved for code that `#[traced_actor]` generates",
    );
}

#[test]
fn several_mistakes_are_shown_at_once() {
    let item = "mod m { enum M { #[traced(sample = 2)] A, #[traced(fields(x))] B } impl A { #[traced(handler)] fn f(&self) {} } }";
    let at: Vec<String> = errors("hop = 3, start = no", item).into_iter().map(|error| error.0).collect();
    assert_eq!(at, ["hop", "no", "2", "f", "x"]);
}
