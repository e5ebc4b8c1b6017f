//! Reading on behind what cannot be read, and passing it through untouched.

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::parse::ParseStream;
use syn::parse::discouraged::Speculative;

use crate::attrs;

/// What `parse` makes of the input, which stays where it was after an error.
pub(super) fn attempt<T>(
    input: ParseStream<'_>,
    parse: fn(ParseStream<'_>) -> syn::Result<T>,
) -> syn::Result<T> {
    let ahead = input.fork();
    let parsed = parse(&ahead)?;
    input.advance_to(&ahead);
    Ok(parsed)
}

/// The tokens up to the next thing that can be read, or to the end.
pub(super) fn unread<T>(
    input: ParseStream<'_>,
    parse: fn(ParseStream<'_>) -> syn::Result<T>,
) -> syn::Result<TokenStream> {
    let mut tokens = TokenStream::new();
    loop {
        input.parse::<TokenTree>()?.to_tokens(&mut tokens);
        if input.is_empty() || (starts_item(input) && parse(&input.fork()).is_ok()) {
            return Ok(attrs::without_helpers(tokens));
        }
    }
}

/// Whether the next token is one that members and items begin with.
fn starts_item(input: ParseStream<'_>) -> bool {
    const WORDS: [&str; 15] = [
        "pub", "fn", "async", "const", "unsafe", "extern", "type", "default", "struct", "enum", "impl",
        "mod", "use", "static", "trait",
    ];
    match input.fork().parse::<TokenTree>() {
        Ok(TokenTree::Ident(ident)) => WORDS.iter().any(|word| ident == word),
        Ok(TokenTree::Punct(punct)) => punct.as_char() == '#',
        _ => false,
    }
}

/// The tokens that `end` has consumed since `start`, untouched.
pub(super) fn between(start: ParseStream<'_>, end: ParseStream<'_>) -> syn::Result<TokenStream> {
    let mut tokens = TokenStream::new();
    while !start.is_empty() && start.cursor() != end.cursor() {
        start.parse::<TokenTree>()?.to_tokens(&mut tokens);
    }
    Ok(tokens)
}
