//! The place that a loop receives from. The macro sees its name, and the compiler knows its type.

use proc_macro2::{Delimiter, Ident, Span, TokenStream, TokenTree};
use syn::Pat;

use crate::model::{Function, Place};

/// Methods of tokio's and std's receivers.
const RECEIVES: [&str; 6] =
    ["recv", "recv_many", "try_recv", "blocking_recv", "blocking_recv_many", "recv_timeout"];

/// Returns `self.inbox` of `self.inbox.recv()`, if the function receives from nothing else.
pub(super) fn of(function: &Function) -> Option<Place> {
    let mut found = Vec::new();
    see(function.statements(), &mut found);
    let mut found = found.into_iter();
    let (place, at) = found.next()?;
    let text = crate::types::text(&place);
    found.all(|(other, _)| crate::types::text(&other) == text).then_some(())?;
    let first = place.clone().into_iter().next()?.to_string();
    let is_parameter = |name: &str| {
        function.parameters().any(|parameter| matches!(&*parameter.pat, Pat::Ident(pat) if pat.ident == name))
    };
    let is_reached = if first == "self" { function.has_receiver() } else { is_parameter(&first) };
    is_reached.then_some(Place { tokens: place, at })
}

/// Notes the receiver of a receive, and its place. A receiver that is not a plain path counts as a different place.
fn see(tokens: TokenStream, found: &mut Vec<(TokenStream, Span)>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    for at in 0..tokens.len() {
        match tokens.get(at..).unwrap_or_default() {
            [TokenTree::Punct(dot), TokenTree::Ident(method), TokenTree::Group(arguments), ..]
                if dot.as_char() == '.'
                    && arguments.delimiter() == Delimiter::Parenthesis
                    && is_receive(method) =>
            {
                found.push((path(tokens.get(..at).unwrap_or_default()), method.span()));
            }
            [TokenTree::Group(group), ..] => see(group.stream(), found),
            _ => {}
        }
    }
}

fn is_receive(method: &Ident) -> bool {
    RECEIVES.iter().any(|name| method == name)
}

/// Returns the names and dots that the tokens end with.
fn path(before: &[TokenTree]) -> TokenStream {
    let mut start = before.len();
    let mut expects_name = true;
    while let Some(token) = start.checked_sub(1).and_then(|at| before.get(at)) {
        let is_part = match token {
            TokenTree::Ident(name) => expects_name && name != "await",
            TokenTree::Literal(_) => expects_name,
            TokenTree::Punct(dot) => !expects_name && dot.as_char() == '.',
            TokenTree::Group(_) => false,
        };
        if !is_part {
            break;
        }
        expects_name = !expects_name;
        start -= 1;
    }
    // It begins with a dot behind a call, and there is nothing where a name should be.
    if expects_name {
        return TokenStream::new();
    }
    before.get(start..).unwrap_or_default().iter().cloned().collect()
}
