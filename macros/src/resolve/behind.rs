//! Finds loops that send what their handler returns: `let reply = self.handle(message).await; out.send(reply).await`.
//!
//! Such a send belongs to the handled message. That is only known if the loop awaits each handler in place: of futures
//! that are stored, nothing says whose result comes first.
//!
//! This reads tokens and is not a type check. It follows the returned value through `let`, `for`, `match`, `if` and `while`.

use std::collections::BTreeSet;

use proc_macro2::Delimiter;
use syn::{ReceiverKind, Type};

use super::entry::Entry;
use crate::body::{
    self,
    Token::{self, Group, Mark, Word},
};
use crate::dataflow::{split_arms, variables};
use crate::model::Function;
use crate::receive::Mailboxes;

/// Returns whether a loop awaits each handler in place, and may send what the handler returns.
///
/// `entries` are all functions in view, and `handlers` those that are handlers.
pub(super) fn continues(of: &Entry<'_>, entries: &[Entry<'_>], handlers: &[&Function]) -> bool {
    let mut names: BTreeSet<String> =
        handlers.iter().map(|it| it.sig.ident.to_string()).filter(|name| of.calls(name)).collect();
    if names.is_empty() {
        let handed = of.flow().handed().into_iter();
        let called = handed.filter(|call| !call.copied && !call.name.contains("send"));
        names.extend(called.map(|call| call.name));
    }
    let is_finished = |name: &str| {
        let mut functions = entries.iter().map(|entry| entry.function).filter(|it| it.sig.ident == name);
        functions.next().is_some_and(|it| it.sig.asyncness.is_none() && it.returned_future().is_none())
    };
    // A function that has the receiver itself may receive once and give it away.
    let keeps_receiver = mentions(of, &["loop", "while", "for"]) || is_borrowed(of.function);
    let is_unknown = |entry| Calls::of(entry, &names, &is_finished).are_stored || may_ask_late(entry);
    keeps_receiver && Calls::of(of, &names, &is_finished).sends_behind && !entries.iter().any(is_unknown)
}

/// Returns whether another branch of a `select!` may win before a receiver is asked.
///
/// A receiver of ours is asked as well if its future is dropped without a poll. A stream is not, and neither is a future
/// that outlives the `select!`.
fn may_ask_late(entry: &Entry<'_>) -> bool {
    mentions(entry, &["select", "select_biased", "race"])
        && mentions(entry, &["next", "try_next", "select_next_some", "poll_fn", "pin", "pin_mut", "fuse"])
}

fn mentions(entry: &Entry<'_>, names: &[&str]) -> bool {
    body::any(&entry.body.tokens, &|token| matches!(token, Word(word) if names.contains(&word.as_str())))
}

/// Returns whether a function borrows what it receives from.
fn is_borrowed(function: &Function) -> bool {
    function.sig.receiver().is_some_and(|receiver| matches!(receiver.kind, ReceiverKind::Reference(..)))
        || function.parameters().any(|parameter| matches!(&*parameter.ty, Type::Reference(_)))
}

/// The calls in a body, from its first token to its last.
struct Calls<'a> {
    handlers: &'a BTreeSet<String>,
    mailboxes: &'a Mailboxes,
    /// Whether the function of this name has done its work when it returns.
    is_finished: &'a dyn Fn(&str) -> bool,
    /// The variables that hold what a handler returned, or a part of it.
    returned: BTreeSet<String>,
    sends_behind: bool,
    /// Whether the future of a handler is not awaited in place.
    are_stored: bool,
}

/// The surroundings of some tokens.
#[derive(Clone, Copy, Default)]
struct Around {
    /// Whether a value that they consist of is awaited.
    awaited: bool,
    /// Whether they run only for some of the values that a handler may return.
    chosen: bool,
}

impl<'a> Calls<'a> {
    /// Reads the body of a function.
    fn of(
        entry: &'a Entry<'_>,
        handlers: &'a BTreeSet<String>,
        is_finished: &'a dyn Fn(&str) -> bool,
    ) -> Self {
        let is_handler = |token: &Token| matches!(token, Word(word) if handlers.contains(word));
        let mut calls = Self {
            handlers,
            mailboxes: &entry.mailboxes,
            is_finished,
            returned: BTreeSet::new(),
            sends_behind: false,
            are_stored: entry.body.blocks.iter().any(|block| body::any(&block.tokens, &is_handler)),
        };
        calls.read(&entry.body.tokens, Around::default());
        // A task that is spawned behind the handler.
        calls.sends_behind |= entry.body.blocks.iter().any(|block| calls.is_returned(&block.tokens));
        calls
    }

    /// Reads tokens in order.
    fn read(&mut self, tokens: &[Token], around: Around) {
        let mut chosen = around.chosen;
        for (at, token) in tokens.iter().enumerate() {
            let rest = tokens.get(at + 1..).unwrap_or_default();
            match token {
                Word(word) if matches!(word.as_str(), "let" | "for") => self.bind(rest),
                // Up to the block: the value that is looked at.
                Word(word) if matches!(word.as_str(), "if" | "while" | "match") => {
                    let value = rest.split(|token| matches!(token, Group(Delimiter::Brace, _))).next();
                    chosen = around.chosen || self.is_returned(value.unwrap_or_default());
                }
                Mark(";") => chosen = around.chosen,
                Group(delimiter, inner) => {
                    if chosen && *delimiter == Delimiter::Brace {
                        for (pattern, _) in split_arms(inner) {
                            self.add(pattern);
                        }
                    }
                    self.read(inner, Around { awaited: is_awaited(rest), chosen });
                    if *delimiter == Delimiter::Parenthesis {
                        self.call(tokens, at, inner, Around { chosen, ..around });
                    } else if *delimiter == Delimiter::Brace && rest.first() != Some(&Word("else".into())) {
                        chosen = around.chosen;
                    }
                }
                _ => {}
            }
        }
    }

    /// Reads a call, whose arguments are at `tokens[at]`.
    fn call(&mut self, tokens: &[Token], at: usize, arguments: &[Token], around: Around) {
        let Some([before @ .., Word(name)]) = tokens.get(..at) else { return };
        if !name.starts_with(|first: char| first.is_lowercase()) {
            return;
        }
        let after = tokens.get(at + 1..).unwrap_or_default();
        if self.handlers.contains(name) {
            let is_whole = matches!(after, [] | [Mark(","), ..]);
            let in_place = is_awaited(after) || is_whole && around.awaited || (self.is_finished)(name);
            self.are_stored |= !in_place;
        } else if self.mailboxes.call(tokens, at, false).is_none() {
            let may_send = match before {
                [.., Word(on), Mark("." | "::")] => may_send(on),
                [.., Mark("." | "::")] => false,
                _ => true,
            };
            self.sends_behind |= (may_send && !is_pure(name) || name.contains("send"))
                && (around.chosen || self.is_returned(arguments));
        }
    }

    /// Notes the variables of `let pattern = value` and `for pattern in value`, from the pattern on.
    fn bind(&mut self, tokens: &[Token]) {
        let is_end = |token: &Token| *token == Mark("=") || *token == Word("in".into());
        let Some(equals) = tokens.iter().position(is_end) else { return };
        let (pattern, value) = tokens.split_at(equals);
        let mut value = value.split(|token| matches!(token, Mark(";") | Group(Delimiter::Brace, _)));
        if self.is_returned(value.next().unwrap_or_default()) {
            self.add(pattern);
        }
    }

    fn add(&mut self, pattern: &[Token]) {
        variables(pattern, &mut |name| {
            self.returned.insert(name.to_owned());
        });
    }

    /// Returns whether a handler is called in these tokens, or what one returned is used.
    fn is_returned(&self, tokens: &[Token]) -> bool {
        let is_it = |token: &Token| matches!(token, Word(word) if self.handlers.contains(word) || self.returned.contains(word));
        // The text of a `format!` may name any variable.
        let is_text = |token: &Token| matches!(token, Word(word) if word == "format");
        body::any(tokens, &is_it) || !self.returned.is_empty() && body::any(tokens, &is_text)
    }
}

/// Returns whether a method of what has this name may send: of a variable, a field or the actor.
fn may_send(on: &str) -> bool {
    on == "Self" || on.starts_with(|first: char| first.is_lowercase() || first == '_')
}

/// Returns whether it is the name of a usual function or method that sends nothing.
fn is_pure(name: &str) -> bool {
    const NAMES: [&str; 18] = [
        "drop",
        "sleep",
        "tick",
        "elapsed",
        "now",
        "clone",
        "len",
        "push",
        "push_back",
        "insert",
        "remove",
        "extend",
        "clear",
        "ok",
        "err",
        "expect",
        "take",
        "replace",
    ];
    let prefixes = ["is_", "as_", "to_", "into", "get", "unwrap", "map"];
    NAMES.contains(&name) || prefixes.iter().any(|prefix| name.starts_with(prefix))
}

/// Returns whether the expression before these tokens is awaited: `.instrument(span).await`.
fn is_awaited(after: &[Token]) -> bool {
    match after {
        [Mark("."), Word(word), ..] if word == "await" => true,
        [Mark("."), Word(_), Group(Delimiter::Parenthesis, _), rest @ ..] | [Mark("?"), rest @ ..] => {
            is_awaited(rest)
        }
        _ => false,
    }
}
