//! serde's own attributes, as far as they affect the wire. Errors in them are left to serde.

use proc_macro2::TokenStream;
use syn::parse::Parser;
use syn::punctuated::Punctuated;
use syn::{Attribute, Expr, ExprLit, Ident, Lit, LitStr, Meta, Token};

/// The two directions, which most of serde's attributes distinguish.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    Write,
    Read,
}

impl Side {
    /// Returns the name of the trait, which is also that of its derive.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Side::Write => "Serialize",
            Side::Read => "Deserialize",
        }
    }

    /// Returns the key in `rename(serialize = ..)`.
    const fn key(self) -> &'static str {
        match self {
            Side::Write => "serialize",
            Side::Read => "deserialize",
        }
    }
}

/// All entries of all `#[serde(..)]` of one item.
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

    /// Returns the key of an entry if it exists.
    pub(crate) fn find(&self, key: &str) -> Option<&Ident> {
        self.0.iter().filter_map(|meta| meta.path().get_ident()).find(|ident| *ident == key)
    }

    pub(crate) fn has(&self, key: &str) -> bool {
        self.find(key).is_some()
    }

    /// Returns whether there is `key` without a value.
    pub(crate) fn has_bare(&self, key: &str) -> bool {
        self.0.iter().any(|meta| matches!(meta, Meta::Path(path) if path.is_ident(key)))
    }

    /// Returns the value of `key = ".."`, or of its entry for one side.
    pub(crate) fn text(&self, key: &str, side: Side) -> Option<LitStr> {
        self.texts(key, side).into_iter().next()
    }

    /// Returns all values of a key that may occur several times.
    pub(crate) fn texts(&self, key: &str, side: Side) -> Vec<LitStr> {
        let entries = self.0.iter().filter(|meta| meta.path().is_ident(key));
        let texts = entries.filter_map(|meta| match meta {
            Meta::List(list) => entries_of(&list.tokens, side.key()),
            meta => text(meta),
        });
        texts.collect()
    }

    /// Returns whether there is `skip`, or its form for one side.
    pub(crate) fn skips(&self, side: Side) -> bool {
        let key = match side {
            Side::Write => "skip_serializing",
            Side::Read => "skip_deserializing",
        };
        self.has("skip") || self.has(key)
    }

    /// Returns whether there is `with`, or its form for one side: a function of the user does the work.
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
