//! Determines whether `tokio::sync::mpsc` in an item is tokio's own or that of `traced_actor::tokio`.
//!
//! The `use` that decides this is not visible from an impl or a function. So both meanings are tried. If they differ,
//! the macro takes the one that leaves something to trace, tokio's own first, and the expansion lets the compiler check
//! it.

use proc_macro2::{TokenStream, TokenTree};
use quote::quote_spanned;
use syn::{Ident, Path, PathArguments, parse_quote};

use super::roles::Resolved;
use crate::model::{Assumed, Function};
use crate::types::{self, Names};

/// Returns the role of each function, and the assumption that it depends on.
pub(super) fn resolve(
    functions: &[&Function],
    find: impl Fn(bool) -> Vec<Resolved>,
) -> (Vec<Resolved>, Option<Assumed>) {
    let plain = find(false);
    let Some(receiver) = functions.iter().find_map(|function| named(function)) else {
        return (plain, None);
    };
    let ours = find(true);
    if plain.iter().zip(&ours).all(|(plain, ours)| plain.is_same(ours)) {
        return (plain, None);
    }
    let carries_trace = plain.iter().all(Resolved::is_plain);
    let found = if carries_trace { ours } else { plain };
    (found, Some(Assumed { receiver, carries_trace }))
}

/// Returns the type of the first receiver that a function names by `tokio::..`, with `()` as its message.
fn named(function: &Function) -> Option<Path> {
    let names = Names::default();
    let mut parameters = function.parameters().flat_map(|parameter| types::received(&parameter.ty, &names));
    let of_parameter =
        parameters.find_map(|channel| channel.foreign.filter(types::may_be_our_tokio)).map(|mut path| {
            if let Some(last) = path.segments.last_mut() {
                let unit = quote_spanned!(last.ident.span()=> <()>);
                last.arguments = PathArguments::AngleBracketed(parse_quote!(#unit));
            }
            path
        });
    of_parameter.or_else(|| made(function.statements()))
}

/// Returns the type of the receiver that the first `tokio::sync::mpsc::channel(..)` creates.
fn made(tokens: TokenStream) -> Option<Path> {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    (0..tokens.len()).find_map(|at| match tokens.get(at) {
        Some(TokenTree::Group(group)) => made(group.stream()),
        _ if is_colons(tokens.get(at.wrapping_sub(2)..at).unwrap_or_default()) => None,
        _ => receiver(tokens.get(at..)?),
    })
}

fn receiver(tokens: &[TokenTree]) -> Option<Path> {
    let mut words = tokens.get(..9)?.chunks(3).map(|part| match part {
        [TokenTree::Ident(ident), colons @ ..] if is_colons(colons) => Some(ident),
        _ => None,
    });
    let (tokio, sync, mpsc) = (words.next()??, words.next()??, words.next()??);
    let Some(TokenTree::Ident(last)) = tokens.get(9) else { return None };
    let receiver = match last.to_string().as_str() {
        "channel" => "Receiver",
        "unbounded_channel" => "UnboundedReceiver",
        _ => return None,
    };
    let receiver = Ident::new(receiver, last.span());
    // At the location of the user's path, so that an error points there.
    let path = quote_spanned!(last.span()=> #tokio::#sync::#mpsc::#receiver<()>);
    (tokio == "tokio" && sync == "sync" && mpsc == "mpsc").then(|| parse_quote!(#path))
}

fn is_colons(tokens: &[TokenTree]) -> bool {
    let is_colon = |token: &TokenTree| matches!(token, TokenTree::Punct(punct) if punct.as_char() == ':');
    tokens.len() == 2 && tokens.iter().all(is_colon)
}
