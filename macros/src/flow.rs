//! Where a received message goes: which function a loop hands it to, whole and by value.
//!
//! A reading of tokens, not a type check. It follows `let`, `if let`, `while let`, `match`, `for`
//! and the arms of `select!`, through `Some(..)` and `Ok(..)`, and never into a message's own parts:
//! `Message::Frame(frame) => self.handle_frame(frame)` hands on a part, so it is no handler.

use std::collections::BTreeSet;

use proc_macro2::Delimiter;

use crate::scan::Token::{self, Group, Mark, Word};
use crate::scan::{is_receive, method_calls};

/// A call that takes the message.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Handed {
    pub(crate) name: String,
    /// Called on `self`: it can only be a method of the same type.
    pub(crate) on_self: bool,
    /// Called with a dot, so that the receiver is not among the arguments.
    pub(crate) method: bool,
    /// Which argument is the message.
    pub(crate) argument: usize,
}

/// All calls in `body` that take a whole received message.
pub(crate) fn handed(body: &[Token]) -> Vec<Handed> {
    let mut names = BTreeSet::new();
    // A name may be bound again further on (`match message { other => .. }`): until nothing is new.
    for _ in 0..4 {
        let before = names.len();
        bind(body, &mut names);
        if names.len() == before {
            break;
        }
    }
    let mut found = Vec::new();
    calls(body, &names, &mut found);
    found
}

/// Names that are bound to a received message at this level and below.
fn bind(tokens: &[Token], names: &mut BTreeSet<String>) {
    method_calls(tokens, &mut |name, arguments| {
        if name.ends_with("recv_many") {
            names.extend(arguments.iter().find_map(|token| match token {
                Word(word) if word != "mut" => Some(word.clone()),
                _ => None,
            }));
        }
    });
    for at in 0..tokens.len() {
        let Some((token, rest)) = tokens.get(at..).and_then(<[Token]>::split_first) else { continue };
        let before = tokens.get(..at).unwrap_or_default();
        match token {
            Word(word) if word == "let" => {
                let (pattern, rest) = until(rest, &|token| *token == Mark("="));
                let (value, _) = until(rest, &|token| match before.last() {
                    Some(Word(word)) if matches!(word.as_str(), "if" | "while") => is_block(token),
                    Some(Mark("&&")) => is_block(token),
                    _ => *token == Mark(";") || *token == Word("else".into()),
                });
                if carries(value, names) {
                    names.extend(bound(pattern));
                }
            }
            Word(word) if word == "for" => {
                let (pattern, rest) = until(rest, &|token| *token == Word("in".into()));
                let (value, _) = until(rest, &is_block);
                if value.iter().any(|token| is_name(token, names)) || is_receive(value) {
                    names.extend(bound(pattern));
                }
            }
            Word(word) if word == "match" => {
                let (value, _) = until(rest, &is_block);
                if let Some(Group(_, arms)) = rest.get(value.len())
                    && carries(value, names)
                {
                    names.extend(arm_patterns(arms).filter_map(bound));
                }
            }
            // An arm of `select!`: `pattern = value, if condition => ..`
            Mark("=") => {
                let (value, rest) = until(rest, &|token| matches!(token, Mark("=>" | "," | ";")));
                let conditional = rest.first() == Some(&Word("if".into()));
                let is_arm = conditional || tokens.get(at + 1 + value.len()) == Some(&Mark("=>"));
                if is_arm && carries(value, names) {
                    names.extend(bound(last_arm(before)));
                }
            }
            Group(_, inner) => bind(inner, names),
            _ => {}
        }
    }
}

/// The value is a received message: it receives, or it is a name already known.
fn carries(value: &[Token], names: &BTreeSet<String>) -> bool {
    let name = match value {
        [Word(word), name, ..] if word == "match" => Some(name),
        [name] | [name, Mark("?")] => Some(name),
        _ => None,
    };
    name.is_some_and(|name| is_name(name, names)) || is_receive(value)
}

/// The name that a pattern binds to the message as a whole.
fn bound(pattern: &[Token]) -> Option<String> {
    match pattern {
        [Word(word), rest @ ..] if matches!(word.as_str(), "mut" | "ref") => bound(rest),
        [path @ .., Group(Delimiter::Parenthesis, inner)] => match path.last() {
            Some(Word(word)) if matches!(word.as_str(), "Some" | "Ok") => bound(inner),
            _ => None,
        },
        [Word(name)] | [Word(name), Mark("@" | ":"), ..] => {
            name.starts_with(|first: char| first.is_lowercase()).then(|| name.clone())
        }
        [pattern @ .., Mark(",")] => bound(pattern),
        _ => pattern
            .iter()
            .position(|token| *token == Word("if".into()))
            .and_then(|guard| bound(pattern.get(..guard)?)),
    }
}

/// The patterns of a `match` block.
fn arm_patterns(arms: &[Token]) -> impl Iterator<Item = &[Token]> {
    arms.iter()
        .enumerate()
        .filter(|(_, token)| **token == Mark("=>"))
        .filter_map(|(at, _)| arms.get(..at).map(last_arm))
}

/// What stands behind the end of the previous arm.
fn last_arm(tokens: &[Token]) -> &[Token] {
    let start = tokens
        .iter()
        .rposition(|token| is_block(token) || matches!(token, Mark("," | ";")))
        .map_or(0, |separator| separator + 1);
    tokens.get(start..).unwrap_or_default()
}

fn calls(tokens: &[Token], names: &BTreeSet<String>, found: &mut Vec<Handed>) {
    for at in 0..tokens.len() {
        if let Some([Word(name), Group(Delimiter::Parenthesis, arguments), ..]) = tokens.get(at..) {
            let before = tokens.get(..at).unwrap_or_default();
            let is_message = |argument: &[Token]| matches!(argument, [name] if is_name(name, names));
            if name.starts_with(|first: char| first.is_lowercase() || first == '_')
                && let Some(argument) = arguments.split(|token| *token == Mark(",")).position(is_message)
            {
                let owner = match before {
                    [.., Word(word), Mark("." | "::")] => Some(word.as_str()),
                    _ => None,
                };
                found.push(Handed {
                    name: name.clone(),
                    on_self: matches!(owner, Some("self" | "Self")),
                    method: before.last() == Some(&Mark(".")),
                    argument,
                });
            }
        }
        if let Some(Group(_, inner)) = tokens.get(at) {
            calls(inner, names, found);
        }
    }
}

fn is_name(token: &Token, names: &BTreeSet<String>) -> bool {
    matches!(token, Word(word) if names.contains(word))
}

fn is_block(token: &Token) -> bool {
    matches!(token, Group(Delimiter::Brace, _))
}

/// Splits before the first token that `ends`, which belongs to neither side.
fn until<'a>(tokens: &'a [Token], ends: &dyn Fn(&Token) -> bool) -> (&'a [Token], &'a [Token]) {
    let at = tokens.iter().position(ends).unwrap_or(tokens.len());
    (tokens.get(..at).unwrap_or_default(), tokens.get(at + 1..).unwrap_or_default())
}
