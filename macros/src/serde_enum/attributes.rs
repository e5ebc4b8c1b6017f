//! serde's own attributes, as far as they say what is on the wire. What is wrong in them is serde's to report.

use proc_macro2::TokenStream;
use syn::parse::Parser;
use syn::punctuated::Punctuated;
use syn::{Attribute, Expr, ExprLit, Ident, Lit, LitStr, Meta, Token};

/// The two directions, which serde tells apart in most attributes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    Write,
    Read,
}

impl Side {
    /// The trait, and its derive.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Side::Write => "Serialize",
            Side::Read => "Deserialize",
        }
    }

    /// The key in `rename(serialize = ..)`.
    const fn key(self) -> &'static str {
        match self {
            Side::Write => "serialize",
            Side::Read => "deserialize",
        }
    }
}

/// All entries of all `#[serde(..)]` on one thing.
pub(crate) struct Attributes(Vec<Meta>);

impl Attributes {
    pub(crate) fn of(attrs: &[Attribute]) -> Self {
        let lists = attrs.iter().filter(|attr| attr.path().is_ident("serde"));
        Self(
            lists
                .flat_map(|attr| match &attr.meta {
                    Meta::List(list) => entries(&list.tokens),
                    _ => Vec::new(),
                })
                .collect(),
        )
    }

    /// The key of an entry that is there.
    pub(crate) fn find(&self, key: &str) -> Option<&Ident> {
        self.0.iter().filter_map(|meta| meta.path().get_ident()).find(|ident| *ident == key)
    }

    pub(crate) fn has(&self, key: &str) -> bool {
        self.find(key).is_some()
    }

    /// Whether there is `key` without a value.
    pub(crate) fn has_bare(&self, key: &str) -> bool {
        self.0.iter().any(|meta| matches!(meta, Meta::Path(path) if path.is_ident(key)))
    }

    /// The value of `key = ".."`, or that of one side.
    pub(crate) fn text(&self, key: &str, side: Side) -> Option<LitStr> {
        self.texts(key, side).into_iter().next()
    }

    /// The same for a key that may stand there several times.
    pub(crate) fn texts(&self, key: &str, side: Side) -> Vec<LitStr> {
        let entries = self.0.iter().filter(|meta| meta.path().is_ident(key));
        let texts = entries.filter_map(|meta| match meta {
            Meta::List(list) => entries_of(&list.tokens, side.key()),
            meta => text(meta),
        });
        texts.collect()
    }

    /// `skip`, or that of one side.
    pub(crate) fn skips(&self, side: Side) -> bool {
        let key = match side {
            Side::Write => "skip_serializing",
            Side::Read => "skip_deserializing",
        };
        self.has("skip") || self.has(key)
    }

    /// `with`, or that of one side: a function of the user's does the work.
    pub(crate) fn is_custom(&self, side: Side) -> bool {
        let key = match side {
            Side::Write => "serialize_with",
            Side::Read => "deserialize_with",
        };
        self.has("with") || self.has(key)
    }
}

fn entries(tokens: &TokenStream) -> Vec<Meta> {
    let parser = Punctuated::<Meta, Token![,]>::parse_terminated;
    parser.parse2(tokens.clone()).map(|entries| entries.into_iter().collect()).unwrap_or_default()
}

fn entries_of(tokens: &TokenStream, key: &str) -> Option<LitStr> {
    entries(tokens).iter().find(|meta| meta.path().is_ident(key)).and_then(text)
}

fn text(meta: &Meta) -> Option<LitStr> {
    match meta {
        Meta::NameValue(meta) => match &meta.value {
            Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(text.clone()),
            _ => None,
        },
        _ => None,
    }
}
