//! Half-typed code keeps what is generated for the rest: each member, item, variant and field of real code, cut behind
//! each of its tokens.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use quote::{ToTokens, quote};

fn expand(item: &TokenStream) -> String {
    crate::traced(TokenStream::new(), item).to_string()
}

/// The first `n` tokens, counted through groups. Groups are closed, as rustc gives them to a macro.
fn cut(tokens: TokenStream, left: &mut usize) -> TokenStream {
    let mut kept = TokenStream::new();
    for token in tokens {
        if *left == 0 {
            break;
        }
        *left -= 1;
        match token {
            TokenTree::Group(group) => {
                let inner = cut(group.stream(), left);
                kept.extend([TokenTree::Group(Group::new(group.delimiter(), inner))]);
            }
            token => kept.extend([token]),
        }
    }
    kept
}

fn count(tokens: TokenStream) -> usize {
    let one = |token| match token {
        TokenTree::Group(group) => 1 + count(group.stream()),
        _ => 1,
    };
    tokens.into_iter().map(one).sum()
}

/// All words of the input, helper attributes aside.
fn words(tokens: TokenStream, found: &mut Vec<String>) {
    for token in crate::attrs::without_helpers(tokens) {
        match token {
            TokenTree::Group(group) => words(group.stream(), found),
            TokenTree::Punct(_) => {}
            token => found.push(token.to_string()),
        }
    }
}

/// Puts each cut of `part` between what stands around it, and checks that `kept` is still generated.
#[track_caller]
fn survives(part: &str, around: impl Fn(&TokenStream) -> TokenStream, kept: &[&str]) {
    let part: TokenStream = part.parse().unwrap();
    for tokens in 0..count(part.clone()) {
        let cut = cut(part.clone(), &mut { tokens });
        let item = around(&cut);
        let output = expand(&item);
        for kept in kept {
            assert!(output.contains(kept), "{kept} is gone\n{item}\n{output}");
        }
        let mut wanted = Vec::new();
        words(item.clone(), &mut wanted);
        for word in wanted {
            assert!(output.contains(&word), "{word} is lost\n{item}\n{output}");
        }
    }
}

const MEMBERS: &[&str] = &[
    "pub async fn other(&mut self, mut rx: mpsc::Receiver<N>) -> Result<(), E> where E: X { while let Some(n) = rx.recv().await { f(n)?; } Ok(()) }",
    "#[instrument(skip_all)] pub(crate) fn tally<'a, T: Into<u8>, const N: usize>(&'a self, x: [T; N]) -> &'a u8 { &self.0 }",
    "const LIMIT: usize = { 3 + 4 };",
    "#[cfg(test)] #[doc = \"x\"] extern \"C\" fn raw(self: Box<Self>) -> ! { loop {} }",
    "type Alias<T> = Vec<T>;",
    "macros! { a, b }",
];

#[test]
fn a_member_leaves_the_loop_and_the_handler() {
    let kept = ["fn __traced_run", "fn __traced_handle", "__private :: claim", "__private :: run"];
    for member in MEMBERS {
        let run = quote!(
            async fn run(mut self) {
                while let Some(m) = self.rx.recv().await {
                    self.handle(m).await;
                }
            }
        );
        let handle = quote!(
            async fn handle(&mut self, m: M) {
                match m {}
            }
        );
        survives(member, |cut| quote!(impl A { #run #handle #cut }), &kept);
        survives(member, |cut| quote!(impl A { #cut #run #handle }), &kept);
        survives(member, |cut| quote!(impl A { #run #cut #handle }), &kept);
    }
}

#[test]
fn a_member_leaves_the_actor() {
    for member in MEMBERS.iter().skip(1) {
        let handle = quote!(
            async fn handle(&mut self, m: M) {
                match m {}
            }
        );
        survives(member, |cut| quote!(impl A { #handle #cut }), &[":: traced_actor :: Actor < M > for A"]);
    }
}

#[test]
fn an_item_leaves_the_rest_of_its_module() {
    let kept = [":: traced_actor :: Message for M", "fn __traced_run", "fn __traced_handle"];
    for item in [
        "pub struct Session<T> where T: X { rx: mpsc::Receiver<T>, count: [u8; 4] }",
        "enum State { Open(u8), Closed { at: Instant } }",
        "impl<T: X> Session<T> { fn tell(&self, m: &M) -> bool { true } }",
        "async fn run_all(mut rx: mpsc::Receiver<u8>) { while rx.recv().await.is_some() {} }",
        "use super::{a, b::*};",
        "trait Service { fn call(&self) -> u8; }",
        "#[derive(Debug)] static X: u8 = 3;",
        "mod inner { fn f() {} }",
    ] {
        let m = quote!(
            enum M {
                #[traced(skip)]
                A,
                B,
            }
        );
        let a = quote!(impl A { async fn run(mut self) { while let Some(m) = self.rx.recv().await { self.handle(m); } } fn handle(&mut self, m: M) {} });
        survives(item, |cut| quote!(mod m { #m #a #cut }), &kept);
        survives(item, |cut| quote!(mod m { #m #cut #a }), &kept);
    }
}

#[test]
fn a_variant_leaves_the_message() {
    let kept = [":: traced_actor :: Message for M", "Kind :: new (\"Open\")", "Kind :: new (\"Close\")"];
    for variant in [
        "#[traced(fanout = 3, name = \"P\")] Print { page: u32, #[serde(default)] to: Vec<HashMap<u8, u8>>, at: [u8; 2] }",
        "#[cfg(unix)] Tuple(u8, #[doc = \"x\"] pub Box<dyn Fn(u8) -> u8>)",
        "Number = 4 + 5",
    ] {
        survives(variant, |cut| quote!(pub enum M<T> where T: X { Open(T), #cut, Close }), &kept);
        survives(variant, |cut| quote!(enum M { Open(T), Close, #cut }), &kept);
    }
}

#[test]
fn a_field_leaves_the_message() {
    for field in [
        "#[doc = \"x\"] pub(crate) who: Option<Box<dyn Fn(u8) -> u8>>",
        "at: [u8; { 3 }]",
        "r#type: <A as B<u8>>::C",
    ] {
        let kept = [":: traced_actor :: Message for M", "Kind :: new (\"M\")"];
        survives(field, |cut| quote!(#[traced(fields(count))] struct M<T> { count: T, #cut }), &kept);
        survives(field, |cut| quote!(struct M { #cut, count: u8 }), &kept);
    }
    survives("pub Vec<HashMap<u8, u8>>", |cut| quote!(struct M(u8, #cut);), &["Message for M"]);
}

/// An item that cannot be parsed stays in the output, without the macro's own attributes.
#[test]
fn an_item_that_cannot_be_read_stays() {
    let output = expand(&"enum { #[traced(skip)] A, B }".parse().unwrap());
    assert!(output.starts_with("enum { A , B }") && output.contains("compile_error"), "{output}");
}

/// One mistake is reported by rustc only.
#[test]
fn what_rustc_will_say_is_not_said_twice() {
    for item in [
        "enum Job { Print { page: u32, colo }, #[traced(skip)] Idle }",
        "impl A { fn handle(&mut self, m: M) {} async fn hal }",
        "impl A { async fn hal }",
        "mod m { enum M { #[traced(skip)] A } fn }",
        "struct M { a: u8, b: }",
    ] {
        let output = expand(&item.parse().unwrap());
        assert!(!output.contains("compile_error") && !output.contains("traced (skip)"), "{output}");
    }
}

/// A fragment of `macro_rules!` comes in a group that nobody sees.
#[test]
fn a_body_may_be_a_fragment() {
    let block: TokenTree =
        Group::new(Delimiter::Brace, quote!(while let Some(m) = rx.recv().await {})).into();
    let fragment: TokenTree = Group::new(Delimiter::None, block.to_token_stream()).into();
    let output = expand(&quote!(async fn run(mut rx: mpsc::Receiver<M>) #fragment));
    assert!(output.contains("__private :: run"), "{output}");
}
