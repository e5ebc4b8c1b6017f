//! The grammar that both attributes share: `key`, `key = value`, separated by commas.

use proc_macro2::{Literal, TokenStream};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{Attribute, Ident, LitInt, LitStr, Meta, Token};

use crate::errors::Errors;

/// The keys that are known in one place, and where those go that are known in another.
pub(crate) struct Table {
    pub(crate) keys: &'static [&'static str],
    /// Whether a key may be given several times.
    pub(crate) repeats: bool,
    pub(crate) elsewhere: fn(&str) -> Option<&'static str>,
}

/// What is said once for an actor.
pub(crate) const ACTOR_WIDE: [&str; 8] =
    ["start", "sampler", "fanout_budget", "hops", "crate", "msg", "local", "spawn"];

/// The envelope's number and name among the variants, as `wire` of the runtime has them.
pub(crate) const RESERVED_INDEX: u32 = 127;
pub(crate) const RESERVED_NAME: &str = "__traced";

/// A number as written, and its value.
pub(crate) struct Number {
    pub(crate) value: u32,
    pub(crate) literal: LitInt,
}

/// The tokens between the parentheses; a bare `#[traced]` has none.
pub(crate) fn arguments(helper: &Attribute, errors: &Errors) -> Option<TokenStream> {
    match &helper.meta {
        Meta::List(list) => Some(list.tokens.clone()),
        Meta::Path(_) => None,
        Meta::NameValue(meta) => {
            errors.at(meta.eq_token, "options go in parentheses: write `#[traced(..)]`");
            None
        }
    }
}

/// Reads options until the input ends; `each` reads the value of one. A wrong one is reported and
/// skipped, so that the next is still looked at.
pub(crate) fn parse(
    tokens: TokenStream,
    table: &Table,
    seen: &mut Vec<Ident>,
    errors: &Errors,
    mut each: impl FnMut(&Ident, ParseStream<'_>) -> syn::Result<()>,
) {
    let parser = |input: ParseStream<'_>| {
        while !input.is_empty() {
            let read = option(input, table, seen, errors, &mut each);
            if let Err(error) = read {
                errors.push(error);
                skip_to_comma(input);
            } else if !input.is_empty() && !input.peek(Token![,]) {
                errors.push(input.error("expected `,` before the next option"));
                skip_to_comma(input);
            }
            input.parse::<Option<Token![,]>>()?;
        }
        Ok(())
    };
    errors.take(parser.parse2(tokens));
}

fn option(
    input: ParseStream<'_>,
    table: &Table,
    seen: &mut Vec<Ident>,
    errors: &Errors,
    each: &mut impl FnMut(&Ident, ParseStream<'_>) -> syn::Result<()>,
) -> syn::Result<()> {
    let key = Ident::parse_any(input)
        .map_err(|error| syn::Error::new(error.span(), format!("expected one of {}", list(table.keys))))?;
    if !table.keys.iter().any(|known| key == known) {
        return Err(unknown(&key, table));
    }
    if let Some(first) = seen.iter().find(|first| **first == key && !table.repeats) {
        errors.at(&key, format!("`{key}` is given twice"));
        errors.at(first, "first one here");
    }
    seen.push(key.clone());
    each(&key, input)
}

fn unknown(key: &Ident, table: &Table) -> syn::Error {
    let text = key.to_string();
    let message = if let Some(place) = (table.elsewhere)(&text) {
        format!("`{key}` does not go here: {place}")
    } else {
        let hint = closest(&text, table.keys.iter().copied())
            .map(|known| format!("; did you mean `{known}`?"))
            .unwrap_or_default();
        format!("unknown option `{key}`{hint} (known here: {})", list(table.keys))
    };
    syn::Error::new(key.span(), message)
}

/// The value of `key = value`. `example` is what to write, for all ways to get it wrong.
pub(crate) fn value<T>(
    key: &Ident,
    input: ParseStream<'_>,
    example: &str,
    parse: impl FnOnce(ParseStream<'_>) -> syn::Result<T>,
) -> syn::Result<T> {
    if !input.peek(Token![=]) {
        return Err(syn::Error::new(key.span(), format!("`{key}` takes a value: write `{example}`")));
    }
    let eq = input.parse::<Token![=]>()?;
    if input.is_empty() || input.peek(Token![,]) {
        return Err(syn::Error::new(eq.span, format!("`{key}` takes a value: write `{example}`")));
    }
    let at = input.span();
    parse(input)
        .map_err(|why| syn::Error::new(at, format!("not a value for `{key}` ({why}): write `{example}`")))
}

/// A span without a name cannot be found again.
pub(crate) fn name(input: ParseStream<'_>) -> syn::Result<LitStr> {
    let name = input.parse::<LitStr>()?;
    if name.value().is_empty() {
        return Err(syn::Error::new(name.span(), "empty"));
    }
    Ok(name)
}

/// A number of at least one, and at most `MAX`, which is what the runtime can hold.
pub(crate) fn positive<const MAX: u64>(input: ParseStream<'_>) -> syn::Result<LitInt> {
    let number = input.parse::<LitInt>()?;
    match number.base10_parse::<u64>()? {
        value if (1..=MAX).contains(&value) => Ok(number),
        _ => Err(syn::Error::new(number.span(), format!("it goes from 1 to {MAX}"))),
    }
}

/// A variant's number on the wire.
pub(crate) fn index(input: ParseStream<'_>) -> syn::Result<Number> {
    let literal = input.parse::<LitInt>()?;
    match literal.base10_parse::<u32>() {
        Ok(value) if value < RESERVED_INDEX => Ok(Number { value, literal }),
        _ => Err(syn::Error::new(literal.span(), "it goes from 0 to 126; 127 is the envelope's")),
    }
}

/// A version of the protocol that is not the first.
pub(crate) fn schema(input: ParseStream<'_>) -> syn::Result<Number> {
    let literal = positive::<{ u32::MAX as u64 }>(input)?;
    let value = literal.base10_parse::<u32>()?;
    Ok(Number { value, literal })
}

impl ToTokens for Number {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let mut literal = Literal::u32_unsuffixed(self.value);
        literal.set_span(self.literal.span());
        literal.to_tokens(tokens);
    }
}

fn skip_to_comma(input: ParseStream<'_>) {
    while !input.is_empty() && !input.peek(Token![,]) {
        if input.parse::<proc_macro2::TokenTree>().is_err() {
            return;
        }
    }
}

/// `` `a`, `b` and `c` ``
pub(crate) fn list<T: std::fmt::Display>(names: &[T]) -> String {
    let mut text = Vec::new();
    for (i, name) in names.iter().enumerate() {
        let separator = match i {
            0 => "",
            _ if i + 1 == names.len() => " and ",
            _ => ", ",
        };
        text.push(format!("{separator}`{name}`"));
    }
    text.concat()
}

/// The known name that a misspelt one most likely meant.
pub(crate) fn closest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    known
        .map(|known| (distance(name, known), known))
        .filter(|(distance, known)| *distance <= known.len() / 3)
        .min()
        .map(|(_, known)| known)
}

/// Levenshtein's, over bytes: option names are ASCII.
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.bytes().enumerate() {
        let mut corner = i;
        let mut left = i + 1;
        for (cell, y) in row.iter_mut().skip(1).zip(b.bytes()) {
            let best = (corner + usize::from(x != y)).min(left + 1).min(*cell + 1);
            corner = *cell;
            *cell = best;
            left = best;
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().unwrap_or_default()
}
