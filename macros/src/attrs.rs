//! Distributes the user's attributes, including those in `cfg_attr`. Helper attributes never reach rustc.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::punctuated::Punctuated;
use syn::{Attribute, Ident, Meta, MetaList, Path, Token};

/// A single attribute. `#[cfg_attr(unix, doc = "..", inline)]` has two, each with a condition.
struct Piece {
    /// The conditions under which it exists.
    conditions: Vec<TokenStream>,
    meta: Meta,
}

impl Piece {
    fn last(&self) -> Option<&Ident> {
        self.meta.path().segments.last().map(|segment| &segment.ident)
    }

    fn is(&self, name: &str) -> bool {
        self.meta.path().is_ident(name)
    }

    /// Returns the attribute with this content.
    fn with(&self, meta: &TokenStream) -> TokenStream {
        match self.conditions.as_slice() {
            [] => quote!(#[#meta]),
            [condition] => quote!(#[cfg_attr(#condition, #meta)]),
            conditions => quote!(#[cfg_attr(all(#(#conditions),*), #meta)]),
        }
    }
}

/// Splits an attribute into its pieces. An attribute that cannot be read is one piece.
fn pieces(attr: &Attribute) -> Vec<Piece> {
    let mut found = Vec::new();
    if !read(&attr.meta, &mut Vec::new(), &mut found) {
        found = vec![Piece { conditions: Vec::new(), meta: attr.meta.clone() }];
    }
    found
}

fn read(meta: &Meta, conditions: &mut Vec<TokenStream>, found: &mut Vec<Piece>) -> bool {
    match meta {
        Meta::List(list) if list.path.is_ident("cfg_attr") => {
            let mut parts = split(&list.tokens).into_iter();
            let Some(condition) = parts.next() else { return false };
            conditions.push(condition);
            let read = parts.all(|part| syn::parse2(part).is_ok_and(|meta| read(&meta, conditions, found)));
            conditions.pop();
            read
        }
        meta => {
            found.push(Piece { conditions: conditions.clone(), meta: meta.clone() });
            true
        }
    }
}

/// Splits at commas.
fn split(list: &TokenStream) -> Vec<TokenStream> {
    let mut parts = vec![TokenStream::new()];
    for token in list.clone() {
        match (&token, parts.last_mut()) {
            (TokenTree::Punct(punct), _) if punct.as_char() == ',' => parts.push(TokenStream::new()),
            (_, Some(part)) => part.extend([token]),
            (_, None) => {}
        }
    }
    if parts.len() > 1 && parts.last().is_some_and(TokenStream::is_empty) {
        parts.pop();
    }
    parts
}

/// Returns whether `#[traced_actor(..)]` itself is among the attributes, under any path.
pub(crate) fn is_own(attr: &Attribute) -> bool {
    pieces(attr).iter().any(|piece| piece.last().is_some_and(|name| name == "traced_actor"))
}

/// Removes the helper attributes `#[traced(..)]`, and adds the conditions under which they exist to `conditions`.
pub(crate) fn take_helpers(attrs: &mut Vec<Attribute>, conditions: &mut Vec<TokenStream>) -> Vec<Attribute> {
    let mut helpers = Vec::new();
    let mut kept = Vec::new();
    for attr in std::mem::take(attrs) {
        let (taken, rest): (Vec<_>, Vec<_>) = pieces(&attr).into_iter().partition(|piece| piece.is("traced"));
        if taken.is_empty() {
            kept.push(attr);
            continue;
        }
        for piece in taken {
            conditions.extend(piece.conditions.iter().cloned());
            helpers.push(Attribute { meta: piece.meta, ..attr.clone() });
        }
        kept.extend(rest.into_iter().map(|piece| conditional(&attr, piece)));
    }
    *attrs = kept;
    helpers
}

/// Returns the piece as a separate attribute, with the location of the attribute that contained it.
fn conditional(attr: &Attribute, mut piece: Piece) -> Attribute {
    for condition in piece.conditions.iter().rev() {
        let meta = &piece.meta;
        piece.meta = Meta::List(MetaList {
            path: quote::format_ident!("cfg_attr").into(),
            delimiter: syn::MacroDelimiter::Paren(syn::token::Paren::default()),
            tokens: quote!(#condition, #meta),
        });
    }
    Attribute { meta: piece.meta, ..attr.clone() }
}

/// Removes the helper attributes from tokens that could not be read.
pub(crate) fn without_helpers(tokens: TokenStream) -> TokenStream {
    let mut kept: Vec<TokenTree> = Vec::new();
    let mut hash = false;
    for token in tokens {
        let behind_hash = hash;
        hash = matches!(&token, TokenTree::Punct(punct) if punct.as_char() == '#');
        match token {
            TokenTree::Group(group) if behind_hash && is_helper_group(&group) => {
                kept.pop();
            }
            TokenTree::Group(group) => {
                let mut inner = proc_macro2::Group::new(group.delimiter(), without_helpers(group.stream()));
                inner.set_span(group.span());
                kept.push(inner.into());
            }
            token => kept.push(token),
        }
    }
    kept.into_iter().collect()
}

fn is_helper_group(group: &proc_macro2::Group) -> bool {
    let mut inner = group.stream().into_iter();
    group.delimiter() == Delimiter::Bracket
        && matches!(inner.next(), Some(TokenTree::Ident(ident)) if ident == "traced")
        && matches!(inner.next(), None | Some(TokenTree::Group(_)))
}

/// Returns the attributes that decide whether an item exists. They are copied to everything generated for it.
pub(crate) fn cfg(attrs: &[Attribute]) -> TokenStream {
    let pieces = attrs.iter().flat_map(pieces).filter(|piece| piece.is("cfg"));
    pieces.map(|piece| piece.with(&piece.meta.to_token_stream())).collect()
}

/// Returns the conditions under which the item with these attributes exists.
pub(crate) fn conditions(attrs: &[Attribute]) -> Vec<TokenStream> {
    let pieces = attrs.iter().flat_map(pieces).filter(|piece| piece.is("cfg"));
    pieces
        .filter_map(|piece| {
            let Meta::List(list) = &piece.meta else { return None };
            let condition = &list.tokens;
            Some(match piece.conditions.as_slice() {
                [] => condition.clone(),
                conditions => quote!(any(not(all(#(#conditions),*)), #condition)),
            })
        })
        .collect()
}

/// Removes the attributes that decide whether the item exists.
pub(crate) fn drop_cfg(attrs: &mut Vec<Attribute>) {
    for attr in std::mem::take(attrs) {
        let (cfgs, rest): (Vec<_>, Vec<_>) = pieces(&attr).into_iter().partition(|piece| piece.is("cfg"));
        if cfgs.is_empty() {
            attrs.push(attr);
        } else {
            attrs.extend(rest.into_iter().map(|piece| conditional(&attr, piece)));
        }
    }
}

/// Returns the paths in a `#[derive(..)]`.
pub(crate) fn derives(attr: &Attribute) -> Vec<Path> {
    if !attr.path().is_ident("derive") {
        return Vec::new();
    }
    let paths = attr.parse_args_with(Punctuated::<Path, Token![,]>::parse_terminated);
    paths.map(|paths| paths.into_iter().collect()).unwrap_or_default()
}

/// Removes the derives for which the predicate holds, and returns them.
pub(crate) fn take_derives(attrs: &mut Vec<Attribute>, is_taken: impl Fn(&Path) -> bool) -> Vec<Path> {
    let mut all = Vec::new();
    attrs.retain_mut(|attr| {
        let (taken, others): (Vec<_>, Vec<_>) = derives(attr).into_iter().partition(&is_taken);
        if taken.is_empty() {
            return true;
        }
        all.extend(taken);
        if let Meta::List(list) = &mut attr.meta {
            list.tokens = quote!(#(#others),*);
        }
        !others.is_empty()
    });
    all
}

/// Returns whether there is an attribute with this name.
pub(crate) fn has(attrs: &[Attribute], name: &str) -> bool {
    attrs.iter().flat_map(pieces).any(|piece| piece.is(name))
}

/// A function's attributes, divided between the wrapper that keeps its name and the function that keeps its body.
pub(crate) struct Parted {
    pub(crate) outer: Vec<TokenStream>,
    pub(crate) inner: Vec<TokenStream>,
}

/// Divides the attributes of a function.
///
/// Attributes that callers see go to the wrapper, and those that act on the body go to the inner function. Unknown
/// attributes go to the inner function too, because they were written with the body in view.
pub(crate) fn part(attrs: &[Attribute], name: &Ident) -> Parted {
    let mut parted = Parted { outer: Vec::new(), inner: Vec::new() };
    for attr in attrs {
        let pieces = pieces(attr);
        // Unchanged if it has nothing to divide.
        let whole = |piece: &Piece| match pieces.as_slice() {
            [_] => attr.to_token_stream(),
            _ => piece.with(&piece.meta.to_token_stream()),
        };
        for piece in &pieces {
            let path = piece.last().map(ToString::to_string).unwrap_or_default();
            match path.as_str() {
                "doc" | "must_use" | "deprecated" | "main" | "test" => parted.outer.push(whole(piece)),
                // A lint about the signature fires on both functions.
                "cfg" | "allow" | "track_caller" => {
                    parted.outer.push(whole(piece));
                    parted.inner.push(whole(piece));
                }
                // An expectation must be fulfilled in only one of the functions. The other one just silences the lint.
                "expect" => {
                    let Meta::List(list) = &piece.meta else { continue };
                    match expected(&list.tokens) {
                        (Some(lints), None) => {
                            parted.outer.push(whole(piece));
                            parted.inner.push(piece.with(&quote!(allow(#lints))));
                        }
                        (None, Some(lints)) => {
                            parted.outer.push(piece.with(&quote!(allow(#lints))));
                            parted.inner.push(whole(piece));
                        }
                        (Some(of_name), Some(of_body)) => {
                            let [expect, allow] =
                                ["expect", "allow"].map(|word| Ident::new(word, name.span()));
                            for (lints, outer, inner) in
                                [(of_name, &expect, &allow), (of_body, &allow, &expect)]
                            {
                                parted.outer.push(piece.with(&quote!(#outer(#lints))));
                                parted.inner.push(piece.with(&quote!(#inner(#lints))));
                            }
                        }
                        (None, None) => {}
                    }
                }
                "instrument" => parted.inner.push(piece.with(&named_span(&piece.meta, name))),
                _ => parted.inner.push(whole(piece)),
            }
        }
    }
    parted
}

/// Divides expected lints between those about a function's name and those about its body. Each part has the reason.
fn expected(lints: &TokenStream) -> (Option<TokenStream>, Option<TokenStream>) {
    let is_reason = |part: &TokenStream| matches!(part.clone().into_iter().next(), Some(TokenTree::Ident(ident)) if ident == "reason");
    let is_of_name = |part: &TokenStream| {
        ["dead_code", "missing_docs", "unreachable_pub"].contains(&part.to_string().as_str())
    };
    let (reasons, lints): (Vec<_>, Vec<_>) = split(lints).into_iter().partition(is_reason);
    let (of_name, of_body): (Vec<_>, Vec<_>) = lints.into_iter().partition(is_of_name);
    let list = |lints: Vec<TokenStream>| (!lints.is_empty()).then(|| quote!(#(#lints),* #(, #reasons)*));
    (list(of_name), list(of_body))
}

/// Adds the user's name to `instrument`, because `tracing` names a span after the function, which is renamed.
//
// Input:  instrument(skip_all)
// Output: instrument(name = "run", skip_all)
fn named_span(meta: &Meta, name: &Ident) -> TokenStream {
    let name = crate::types::plain(name);
    let path = meta.path();
    match meta {
        Meta::Path(_) => quote!(#path(name = #name)),
        Meta::List(list) if !names_span(&list.tokens) => {
            let tokens = &list.tokens;
            quote!(#path(name = #name, #tokens))
        }
        _ => meta.to_token_stream(),
    }
}

/// Returns whether the arguments contain `name = ".."`, or start with a literal, which means the same.
fn names_span(tokens: &TokenStream) -> bool {
    let tokens: Vec<TokenTree> = tokens.clone().into_iter().collect();
    let literal = matches!(tokens.first(), Some(TokenTree::Literal(_)));
    literal
        || tokens.windows(2).any(|pair| {
            matches!(pair, [TokenTree::Ident(key), TokenTree::Punct(eq)]
                if key == "name" && eq.as_char() == '=')
        })
}
