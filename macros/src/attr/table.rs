//! The grammar that both attributes share: `key`, `key = value`, separated by commas.

use std::fmt::Display;

use proc_macro2::{Literal, TokenStream};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::{ParseBuffer, ParseStream, Parser};
use syn::{Attribute, Ident, LitInt, LitStr, Meta, Token};

use crate::errors::Errors;

/// One option: its key, and a function that reads it into `T`.
pub(crate) type Row<T> = (&'static str, fn(&mut T, &Ident, ParseStream<'_>, &Errors) -> syn::Result<()>);

/// The options that are valid in one place, and hints for those that are valid elsewhere.
pub(crate) struct Table<T: 'static> {
    pub(crate) rows: &'static [Row<T>],
    /// Whether an option may be given several times.
    pub(crate) repeats: bool,
    pub(crate) elsewhere: fn(&str) -> Option<&'static str>,
}

impl<T> Table<T> {
    fn keys(&self) -> Vec<&'static str> {
        self.rows.iter().map(|(key, _)| *key).collect()
    }
}

/// The options that are given once for each actor.
pub(crate) const ACTOR_WIDE: [&str; 8] =
    ["start", "sampler", "fanout_budget", "hop_limit", "crate", "msg", "local", "spawn"];

/// The number and name of the envelope among the variants, as in the runtime's `wire`.
pub(crate) const RESERVED_INDEX: u32 = 127;
pub(crate) const RESERVED_NAME: &str = "__traced";

/// A number as written, and its value.
pub(crate) struct Number {
    pub(crate) value: u32,
    pub(crate) literal: LitInt,
}

/// Returns the tokens between the parentheses. A bare `#[traced]` has none.
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

/// Reads options into `value` until the input ends.
///
/// A wrong option is reported and skipped, so that the following ones are still read.
pub(crate) fn parse<T>(
    tokens: TokenStream,
    table: &Table<T>,
    value: &mut T,
    seen: &mut Vec<Ident>,
    errors: &Errors,
) {
    let parser = |input: ParseStream<'_>| {
        while !input.is_empty() {
            if let Err(error) = option(input, table, value, seen, errors) {
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

fn option<T>(
    input: ParseStream<'_>,
    table: &Table<T>,
    value: &mut T,
    seen: &mut Vec<Ident>,
    errors: &Errors,
) -> syn::Result<()> {
    let key = Ident::parse_any(input)
        .map_err(|error| syn::Error::new(error.span(), format!("expected one of {}", list(&table.keys()))))?;
    let Some((_, read)) = table.rows.iter().find(|(known, _)| key == known) else {
        return Err(unknown(&key, table));
    };
    if let Some(first) = seen.iter().find(|first| **first == key && !table.repeats) {
        errors.at(&key, format!("`{key}` is given twice"));
        errors.at(first, "first one here");
    }
    seen.push(key.clone());
    read(value, &key, input, errors)
}

fn unknown<T>(key: &Ident, table: &Table<T>) -> syn::Error {
    let text = key.to_string();
    let message = if let Some(place) = (table.elsewhere)(&text) {
        format!("`{key}` does not go here: {place}")
    } else {
        let hint = closest(&text, table.keys().into_iter())
            .map(|known| format!("; did you mean `{known}`?"))
            .unwrap_or_default();
        format!("unknown option `{key}`{hint} (known here: {})", list(&table.keys()))
    };
    syn::Error::new(key.span(), message)
}

/// Reads the value of `key = value`. `example` is shown in every error about it.
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
        .map_err(|why| syn::Error::new(at, format!("invalid value for `{key}` ({why}): write `{example}`")))
}

/// Reads a name, which must not be empty: a span without a name could not be found.
pub(crate) fn name(input: ParseStream<'_>) -> syn::Result<LitStr> {
    let name = input.parse::<LitStr>()?;
    if name.value().is_empty() {
        return Err(syn::Error::new(name.span(), "empty"));
    }
    Ok(name)
}

/// Reads a number from 1 to `MAX`, the largest that the runtime can hold.
pub(crate) fn positive<const MAX: u64>(input: ParseStream<'_>) -> syn::Result<LitInt> {
    let number = input.parse::<LitInt>()?;
    match number.base10_parse::<u64>()? {
        value if (1..=MAX).contains(&value) => Ok(number),
        _ => Err(syn::Error::new(number.span(), format!("it must be from 1 to {MAX}"))),
    }
}

/// Reads a variant's number on the wire.
pub(crate) fn index(input: ParseStream<'_>) -> syn::Result<Number> {
    let literal = input.parse::<LitInt>()?;
    match literal.base10_parse::<u32>() {
        Ok(value) if value < RESERVED_INDEX => Ok(Number { value, literal }),
        _ => Err(syn::Error::new(literal.span(), "it must be from 0 to 126; 127 is reserved for envelopes")),
    }
}

/// Reads the schema of a protocol version that is not the first.
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

/// Reads the argument of `allow`, which can only be `(lost_context)`.
pub(crate) fn lost_context(key: &Ident, input: ParseStream<'_>) -> syn::Result<()> {
    let wrong = "`allow` knows one option: write `allow(lost_context)`";
    let what = parenthesized(key, input, wrong)?.parse::<TokenStream>()?;
    if what.to_string() == "lost_context" { Ok(()) } else { Err(syn::Error::new(key.span(), wrong)) }
}

/// Returns the content of the parentheses after a key. Without parentheses, the error is `missing`, at the key.
pub(crate) fn parenthesized<'a>(
    key: &Ident,
    input: ParseStream<'a>,
    missing: impl Display,
) -> syn::Result<ParseBuffer<'a>> {
    if !input.peek(syn::token::Paren) {
        return Err(syn::Error::new(key.span(), missing));
    }
    let content;
    syn::parenthesized!(content in input);
    Ok(content)
}

fn skip_to_comma(input: ParseStream<'_>) {
    while !input.is_empty() && !input.peek(Token![,]) {
        if input.parse::<proc_macro2::TokenTree>().is_err() {
            return;
        }
    }
}

/// Formats names as `` `a`, `b` and `c` ``.
pub(crate) fn list<T: Display>(names: &[T]) -> String {
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

/// Returns the known name that a misspelt one most likely stands for.
pub(crate) fn closest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    known
        .map(|known| (distance(name, known), known))
        .filter(|(distance, known)| *distance <= known.len() / 3)
        .min()
        .map(|(_, known)| known)
}

/// Returns the Levenshtein distance in bytes, since option names are ASCII.
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
