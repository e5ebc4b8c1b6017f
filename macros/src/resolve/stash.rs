//! Finds messages that are stored without their context and handled later: `self.stash.push_back(message)`.
//!
//! A stored message counts only if a handler in view gets what is taken out of the same place, or another function that takes
//! the handler's message, or if a `match` tells its variants apart, as a loop without a handler does.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::{Delimiter, Span, TokenStream, TokenTree};
use syn::Pat;

use super::borrow::Borrows;
use super::candidate::Candidate;
use super::entry::Entry;
use super::handler;
use crate::body::{self, Token};
use crate::dataflow::{Flow, Handed, Stored, puts_in};
use crate::model::Lost;
use crate::receive::{Carry, Mailboxes, Received};
use crate::types::{self, Form};

/// Returns the calls and assignments in each function that store a message to handle it later.
pub(super) fn find(entries: &[Entry<'_>], handlers: &[Candidate<'_>]) -> Vec<Vec<Lost>> {
    let entries: Vec<_> = entries.iter().map(|entry| (entry, Borrows::of(&entry.body.tokens))).collect();
    let stored: Vec<Vec<Stored>> = entries.iter().map(|(entry, _)| stored_in(entry, handlers)).collect();
    let mut stashes = BTreeMap::new();
    for ((_, borrows), stored) in entries.iter().zip(&stored) {
        for stored in stored {
            let carry = stashes.entry(borrows.origin(&stored.place).to_owned()).or_insert(stored.carry);
            *carry = stored.carry.max(*carry);
        }
    }
    let handled = handled_later(&entries, handlers, &stashes);
    let found = entries.iter().zip(&stored).map(|((entry, borrows), stored)| {
        let mut spans = Vec::new();
        for stored in stored.iter().filter(|stored| handled.contains(borrows.origin(&stored.place))) {
            find_spans(entry.function.statements(), stored, &mut spans);
        }
        spans.into_iter().map(|span| Lost { warning: "stashed", span }).collect()
    });
    found.collect()
}

/// Returns the places in which a function stores what it received, or the message that it was called with.
fn stored_in(entry: &Entry<'_>, handlers: &[Candidate<'_>]) -> Vec<Stored> {
    let receives_envelopes = |token: &Token| matches!(token, Token::Word(word) if word.contains("recv") && word.contains("envelope"));
    if entry.function.may_lose || body::any(&entry.body.tokens, &receives_envelopes) {
        return Vec::new();
    }
    let parameter = parameter(entry, handlers).and_then(|pat| match pat {
        Pat::Ident(pat) => Some(pat.ident.to_string()),
        _ => None,
    });
    Flow::with(&entry.body.tokens, &entry.mailboxes, parameter.into_iter().collect()).stored()
}

/// Returns the parameter by which a function takes a message of a handler without its envelope.
fn parameter<'a>(entry: &Entry<'a>, handlers: &[Candidate<'_>]) -> Option<&'a Pat> {
    let mut parameters = entry.function.parameters();
    let parameter = parameters.find(|parameter| {
        let (ty, form) = types::held(&parameter.ty);
        form != Form::Envelope && handlers.iter().any(|of| types::same(&of.mailbox.message, ty))
    })?;
    Some(&parameter.pat)
}

/// Returns the places out of which a function gets its message, the handler or another one, or code that matches it.
fn handled_later(
    entries: &[(&Entry<'_>, Borrows)],
    handlers: &[Candidate<'_>],
    stashes: &BTreeMap<String, Carry>,
) -> BTreeSet<String> {
    let is_handled = |(place, carry): &(&String, &Carry)| {
        let by = |borrows: &Borrows, helpers: &BTreeMap<String, Received>| Mailboxes {
            stashes: borrows
                .names(place)
                .map(|name| (name.to_owned(), (**carry).max(Carry::InTuple)))
                .collect(),
            helpers: helpers.clone(),
            ..Mailboxes::default()
        };
        let helpers = entries.iter().filter_map(|(entry, borrows)| {
            let returned = Flow::of(&entry.body.tokens, &by(borrows, &BTreeMap::new())).returned();
            let returns = returned >= Carry::InTuple && types::can_return_message(&entry.function.sig.output);
            returns.then(|| (entry.function.sig.ident.to_string(), Received::Message(returned)))
        });
        let helpers = helpers.collect();
        entries.iter().any(|(entry, borrows)| {
            let mailboxes = by(borrows, &helpers);
            let flow = Flow::of(&entry.body.tokens, &mailboxes);
            // A copy may be a record, as for an undo.
            let is_matched = **carry > Carry::Copy && flow.matches();
            let takes = |to: &Entry<'_>| {
                handlers.iter().any(|of| std::ptr::eq(of.entry, to)) || parameter(to, handlers).is_some()
            };
            let handed = flow.handed();
            let reaches = |call: &Handed, to: &Entry<'_>| takes(to) && handler::reaches(call, entry, to);
            is_matched || handed.iter().any(|call| entries.iter().any(|(to, _)| reaches(call, to)))
        })
    };
    stashes.iter().filter(is_handled).map(|(place, _)| place.clone()).collect()
}

/// Finds where the message is stored: the method that is called on the place, or the place that is assigned to.
fn find_spans(tokens: TokenStream, stored: &Stored, found: &mut Vec<Span>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    for (at, token) in tokens.iter().enumerate() {
        match token {
            TokenTree::Group(group) => find_spans(group.stream(), stored, found),
            TokenTree::Ident(name) if *name == stored.place => {
                let rest = tokens.get(at + 1..).unwrap_or_default();
                let is_mark = |token: &TokenTree, mark: char| matches!(token, TokenTree::Punct(punct) if punct.as_char() == mark);
                let mut chain = rest;
                while let [dot, TokenTree::Ident(method), TokenTree::Group(arguments), behind @ ..] = chain
                    && is_mark(dot, '.')
                    && arguments.delimiter() == Delimiter::Parenthesis
                {
                    if puts_in(&method.to_string()) && words(arguments.stream()) == stored.words {
                        found.push(method.span());
                    }
                    chain = behind;
                }
                if let [equals, value @ ..] = rest
                    && is_mark(equals, '=')
                {
                    let value = value.iter().take_while(|token| !is_mark(token, ';') && !is_mark(token, ','));
                    if words(value.cloned().collect()) == stored.words {
                        found.push(name.span());
                    }
                }
            }
            _ => {}
        }
    }
}

/// Returns the words of an expression.
fn words(tokens: TokenStream) -> Vec<String> {
    let words = tokens.into_iter().flat_map(|token| match token {
        TokenTree::Ident(word) => vec![word.to_string()],
        TokenTree::Group(group) => words(group.stream()),
        _ => Vec::new(),
    });
    words.collect()
}
