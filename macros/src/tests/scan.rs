//! What is read from the tokens of a body.

use crate::flow::{Handed, handed};
use crate::scan::{calls, hands_on, read};

fn receives(body: &str) -> bool {
    calls(&read(body.parse().unwrap())).receives
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
fn a_helper_hands_the_message_on() {
    let hands_on = |body: &str| hands_on(&read(body.parse().unwrap()));
    assert!(hands_on("self.rx.recv().await"));
    assert!(hands_on("log(); self.rx.recv().await?"));
    assert!(!hands_on("self.rx.recv().await;"));
    assert!(!hands_on("while busy() {} self.rx.recv().await"));
    assert!(!hands_on("handle(self.rx.recv().await)"));
}

#[track_caller]
fn check(body: &str, expected: &[&str]) {
    let names: Vec<String> = handed(&read(body.parse().unwrap())).into_iter().map(|call| call.name).collect();
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
    check("let m = rx.recv().await; f(&m); g(m.part); h(m.clone())", &[]);
    check("let x = stream.next().await; f(x)", &[]);
    check("let m = rx.recv().await; Some(m)", &[]);
}

#[test]
fn how_it_is_called_is_seen() {
    let found =
        handed(&read("let m = rx.recv().await; self.a(1, m); Self::b(m); x.c(m); d(m)".parse().unwrap()));
    let call =
        |name: &str, on_self, method, argument| Handed { name: name.into(), on_self, method, argument };
    assert_eq!(
        found,
        [
            call("a", true, true, 1),
            call("b", true, false, 0),
            call("c", false, true, 0),
            call("d", false, false, 0)
        ]
    );
}
