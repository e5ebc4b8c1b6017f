//! Reads enums and structs, also those with a variant or a field that cannot be read.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use quote::ToTokens;
use syn::parse::{ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::{Attribute, Field, ItemEnum, ItemStruct, Token, Variant, Visibility};

use super::recover::{attempt, between};
use crate::attr::kind::KindOptions;
use crate::attrs;
use crate::model::{Data, Message};

/// Reads an enum or a struct.
pub(super) fn parse(input: ParseStream<'_>) -> syn::Result<Message> {
    match attempt(input, data) {
        Ok(data) => Ok(message(data, None)),
        Err(error) => {
            let start = input.fork();
            // Tokens after the item do not belong to it.
            let data = readable(input).ok_or(error)?;
            Ok(message(data, Some(attrs::without_helpers(between(&start, input)?))))
        }
    }
}

fn message(data: Data, unread: Option<TokenStream>) -> Message {
    let kinds = match &data {
        Data::Enum(item) => item.variants.len(),
        Data::Struct(_) => 1,
    };
    let kinds = std::iter::repeat_with(KindOptions::default).take(kinds).collect();
    Message { data, kinds, legacy: Vec::new(), ractor: None, traced: false, unread }
}

fn data(input: ParseStream<'_>) -> syn::Result<Data> {
    let ahead = input.fork();
    ahead.call(Attribute::parse_outer)?;
    ahead.parse::<Visibility>()?;
    if ahead.peek(Token![enum]) { input.parse().map(Data::Enum) } else { input.parse().map(Data::Struct) }
}

/// Returns the item with those variants and fields that can be read, if there is an item at all.
fn readable(input: ParseStream<'_>) -> Option<Data> {
    let mut header = TokenStream::new();
    while !input.is_empty() {
        let token = input.parse::<TokenTree>().ok()?;
        if let TokenTree::Group(group) = &token
            && matches!(group.delimiter(), Delimiter::Brace | Delimiter::Parenthesis)
            && let Some(data) = with_contents(&header, group, input)
        {
            return Some(data);
        }
        token.to_tokens(&mut header);
    }
    None
}

/// Returns the item with these contents. The header is complete if the item can be read with empty contents.
fn with_contents(header: &TokenStream, group: &Group, input: ParseStream<'_>) -> Option<Data> {
    let mut attempt = header.clone();
    let mut empty = Group::new(group.delimiter(), TokenStream::new());
    empty.set_span(group.span());
    empty.to_tokens(&mut attempt);
    if group.delimiter() == Delimiter::Parenthesis {
        // A `where` may follow the fields of a tuple.
        let ahead = input.fork();
        let mut tail = TokenStream::new();
        while !ahead.is_empty() && !ahead.peek(Token![;]) {
            ahead.parse::<TokenTree>().ok()?.to_tokens(&mut tail);
        }
        let semicolon = ahead.parse::<Token![;]>().ok()?;
        tail.to_tokens(&mut attempt);
        semicolon.to_tokens(&mut attempt);
        let item = syn::parse2::<ItemStruct>(attempt).ok()?;
        syn::parse::discouraged::Speculative::advance_to(input, &ahead);
        return Some(Data::Struct(with_fields(item, group)));
    }
    if let Ok(mut item) = syn::parse2::<ItemEnum>(attempt.clone()) {
        let variants = parts(group.stream()).into_iter();
        let read = variants.filter_map(|part| <Variant as syn::parse::Parse>::parse.parse2(part).ok());
        item.variants = read.collect::<Punctuated<_, _>>();
        return Some(Data::Enum(item));
    }
    let item = syn::parse2::<ItemStruct>(attempt).ok()?;
    Some(Data::Struct(with_fields(item, group)))
}

fn with_fields(mut item: ItemStruct, group: &Group) -> ItemStruct {
    let parts = parts(group.stream()).into_iter();
    match &mut item.fields {
        syn::Fields::Named(fields) => {
            fields.named = parts.filter_map(|part| Field::parse_named.parse2(part).ok()).collect();
        }
        syn::Fields::Unnamed(fields) => {
            fields.unnamed = parts.filter_map(|part| Field::parse_unnamed.parse2(part).ok()).collect();
        }
        syn::Fields::Unit => {}
    }
    item
}

/// Splits at commas, as far as angle brackets can be told from operators.
fn parts(tokens: TokenStream) -> Vec<TokenStream> {
    let mut parts = vec![TokenStream::new()];
    let mut depth = 0_usize;
    let mut before = ' ';
    for token in tokens {
        let punct = match &token {
            TokenTree::Punct(punct) => punct.as_char(),
            _ => ' ',
        };
        match punct {
            '<' => depth += 1,
            // Not the `>` of `->`.
            '>' if before != '-' => depth = depth.saturating_sub(1),
            _ => {}
        }
        before = punct;
        if punct == ',' && depth == 0 {
            parts.push(TokenStream::new());
        } else if let Some(part) = parts.last_mut() {
            part.extend([token]);
        }
    }
    parts.retain(|part| !part.is_empty());
    parts
}
