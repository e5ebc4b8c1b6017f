//! What a body does, read from its tokens: does it receive, and does it hand the message on?
//!
//! Bodies are not parsed, so that macros such as `select!` are seen through. Closures, nested
//! functions and `async` blocks are left out first: they run at another time, or elsewhere.

use proc_macro2::{Delimiter, Spacing, TokenStream, TokenTree};

/// A token without its span, with operators in one piece.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Token {
    Word(String),
    Mark(&'static str),
    Group(Delimiter, Vec<Token>),
    Other,
}

use Token::{Group, Mark, Word};

/// The tokens of a body that run when it runs.
pub(crate) fn read(tokens: TokenStream) -> Vec<Token> {
    prune(lex(tokens))
}

const MARKS: [&str; 31] = [
    "=>", "->", "==", "!=", "<=", ">=", "||", "&&", "::", "..", "|=", "=", "|", "&", ",", ";", ":", ".", "?",
    "!", "<", ">", "+", "-", "*", "/", "%", "@", "#", "^", "'",
];

fn lex(tokens: TokenStream) -> Vec<Token> {
    let mut read = Vec::new();
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Ident(ident) => read.push(Word(ident.to_string())),
            TokenTree::Literal(_) => read.push(Token::Other),
            TokenTree::Group(group) if group.delimiter() == Delimiter::None => {
                read.extend(lex(group.stream()));
            }
            TokenTree::Group(group) => {
                read.push(Group(group.delimiter(), prune(lex(group.stream()))));
            }
            TokenTree::Punct(punct) => {
                let mut text = String::from(punct.as_char());
                if punct.spacing() == Spacing::Joint
                    && let Some(TokenTree::Punct(next)) = tokens.peek()
                {
                    text.push(next.as_char());
                    if MARKS.contains(&text.as_str()) {
                        tokens.next();
                    } else {
                        text.pop();
                    }
                }
                let mark = MARKS.into_iter().find(|mark| *mark == text);
                read.push(mark.map_or(Token::Other, Mark));
            }
        }
    }
    read
}

/// Takes out what does not run here.
fn prune(tokens: Vec<Token>) -> Vec<Token> {
    let mut kept: Vec<Token> = Vec::with_capacity(tokens.len());
    let mut rest = tokens.into_iter().peekable();
    while let Some(token) = rest.next() {
        match &token {
            // `fn name(..) -> T { .. }`, but not the type `fn(..) -> T`.
            Word(word) if word == "fn" && matches!(rest.peek(), Some(Word(_))) => {
                rest.by_ref().find(ends_item);
            }
            Word(word) if word == "async" => {
                if rest.peek() == Some(&Word("move".into())) {
                    rest.next();
                }
                if is_block(rest.peek()) {
                    rest.next();
                }
                // An async closure follows.
                kept.push(Word("move".into()));
            }
            Mark(bar @ ("|" | "||")) if starts_expression(kept.last()) => {
                if *bar == "|" {
                    rest.by_ref().find(|token| *token == Mark("|"));
                }
                if rest.peek() == Some(&Mark("->")) {
                    rest.by_ref().find(|token| is_block(Some(token)));
                } else if is_block(rest.peek()) {
                    rest.next();
                } else {
                    while rest.next_if(|token| !matches!(token, Mark("," | ";"))).is_some() {}
                }
                kept.push(Token::Other);
            }
            _ => kept.push(token),
        }
    }
    kept
}

fn is_block(token: Option<&Token>) -> bool {
    matches!(token, Some(Group(Delimiter::Brace, _)))
}

fn ends_item(token: &Token) -> bool {
    is_block(Some(token)) || *token == Mark(";")
}

/// Whether a `|` behind this token opens a closure. Elsewhere it is an operator or a pattern.
fn starts_expression(before: Option<&Token>) -> bool {
    const KEYWORDS: [&str; 10] =
        ["move", "static", "return", "break", "else", "in", "if", "while", "match", "yield"];
    match before {
        None => true,
        Some(Word(word)) => KEYWORDS.contains(&word.as_str()),
        Some(Mark(mark)) => !matches!(*mark, "?" | ">"),
        Some(Group(..) | Token::Other) => false,
    }
}

/// What a body does with mailboxes.
#[derive(Default, Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Calls {
    /// `.recv()` and the like: a receive loop if the function is async.
    pub(crate) receives: bool,
    /// `.blocking_recv()`: a receive loop on a thread.
    pub(crate) blocks: bool,
}

pub(crate) fn calls(body: &[Token]) -> Calls {
    let mut calls = Calls::default();
    method_calls(body, &mut |name, arguments| match receive(name, arguments) {
        Some(Receive::Async) => calls.receives = true,
        Some(Receive::Blocking) => calls.blocks = true,
        None => {}
    });
    calls
}

/// Whether the body only hands on what it received: its last expression is the receive itself, and
/// nothing in it loops. Such a helper is called from the loop, and a scope around it would close
/// before the message is handled.
pub(crate) fn hands_on(body: &[Token]) -> bool {
    let mut tail = body;
    while let [rest @ .., Mark("?")] = tail {
        tail = rest;
    }
    if let [rest @ .., Mark("."), Word(word)] = tail
        && word == "await"
    {
        tail = rest;
    }
    let receives = matches!(tail, [.., Mark("."), Word(name), Group(Delimiter::Parenthesis, arguments)]
        if receive(name, arguments).is_some());
    receives
        && !any(
            body,
            &|token| matches!(token, Word(word) if matches!(word.as_str(), "loop" | "while" | "for")),
        )
}

enum Receive {
    Async,
    Blocking,
}

/// A socket's `recv(&mut buffer)` takes an argument, a mailbox's does not.
fn receive(name: &str, arguments: &[Token]) -> Option<Receive> {
    match name {
        "recv" | "recv_envelope" | "recv_async" | "try_recv" if arguments.is_empty() => Some(Receive::Async),
        "recv_many" => Some(Receive::Async),
        "blocking_recv" if arguments.is_empty() => Some(Receive::Blocking),
        "blocking_recv_many" => Some(Receive::Blocking),
        _ => None,
    }
}

/// Whether anything is received in these tokens.
pub(crate) fn is_receive(tokens: &[Token]) -> bool {
    let calls = calls(tokens);
    calls.receives || calls.blocks
}

/// Every `.name(arguments)`, at any depth.
pub(crate) fn method_calls(tokens: &[Token], see: &mut impl FnMut(&str, &[Token])) {
    for at in 0..tokens.len() {
        if let Some([Mark("."), Word(name), Group(Delimiter::Parenthesis, arguments), ..]) = tokens.get(at..)
        {
            see(name, arguments);
        }
        if let Some(Group(_, inner)) = tokens.get(at) {
            method_calls(inner, see);
        }
    }
}

pub(crate) fn any(tokens: &[Token], ask: &impl Fn(&Token) -> bool) -> bool {
    tokens.iter().any(|token| ask(token) || matches!(token, Group(_, inner) if any(inner, ask)))
}
