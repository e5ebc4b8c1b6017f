//! The grammar of `legacy(..)`: an earlier shape of a variant.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::parse::ParseStream;
use syn::{Attribute, ExprPath, Ident, LitStr, Type};

use crate::attr::table::{self, ACTOR_WIDE, Number, Table, arguments, index, name, schema, value};
use crate::errors::Errors;

/// `legacy(JoinV1, name = "Join", index = 0, since = 1, until = 2, upgrade = JoinV1::up, downgrade = JoinV1::down)`
pub(crate) struct Legacy {
    pub(crate) key: Ident,
    pub(crate) shape: Type,
    pub(crate) name: Option<LitStr>,
    pub(crate) index: Option<Number>,
    pub(crate) since: Option<Number>,
    pub(crate) until: Option<Number>,
    pub(crate) upgrade: Option<ExprPath>,
    pub(crate) downgrade: Option<ExprPath>,
}

const ENUM: Table<Vec<Legacy>> = Table {
    rows: &[("legacy", |found, key, input, errors| {
        found.push(Legacy::parse(key, input, errors)?);
        Ok(())
    })],
    repeats: true,
    elsewhere: |key| match key {
        "skip" | "name" | "sample" | "fanout" | "fields" | "key" | "link" | "index" | "since" => {
            Some("it belongs to one kind of message, `#[traced(..)]` on the variant")
        }
        "until" | "upgrade" | "downgrade" => Some(IN_LEGACY),
        _ if ACTOR_WIDE.contains(&key) => Some("it belongs to the actor as a whole: `#[traced_actor(..)]`"),
        _ => None,
    },
};

pub(crate) const IN_LEGACY: &str = "it belongs to a retired shape: `legacy(JoinV1, .., until = 1, upgrade = path, downgrade = path)` on the enum";

const LEGACY: Table<Legacy> = Table {
    rows: &[
        ("name", |legacy, key, input, _| {
            legacy.name = Some(value(key, input, r#"name = "Join""#, name)?);
            Ok(())
        }),
        ("index", |legacy, key, input, _| {
            legacy.index = Some(value(key, input, "index = 0", index)?);
            Ok(())
        }),
        ("since", |legacy, key, input, _| {
            legacy.since = Some(value(key, input, "since = 1", schema)?);
            Ok(())
        }),
        ("until", |legacy, key, input, _| {
            legacy.until = Some(value(key, input, "until = 1", schema)?);
            Ok(())
        }),
        ("upgrade", |legacy, key, input, _| {
            legacy.upgrade = Some(value(key, input, "upgrade = JoinV1::upgrade", path)?);
            Ok(())
        }),
        ("downgrade", |legacy, key, input, _| {
            legacy.downgrade = Some(value(key, input, "downgrade = JoinV1::downgrade", path)?);
            Ok(())
        }),
    ],
    repeats: false,
    elsewhere: |_| None,
};

const EXAMPLE: &str = r#"legacy(JoinV1, name = "Join", index = 0)"#;

impl Legacy {
    /// Reads all `#[traced(legacy(..))]` of an enum, in their order.
    pub(crate) fn parse_all(helpers: &[Attribute], errors: &Errors) -> Vec<Self> {
        let mut found = Vec::new();
        let mut seen = Vec::new();
        for tokens in helpers.iter().filter_map(|helper| arguments(helper, errors)) {
            table::parse(tokens, &ENUM, &mut found, &mut seen, errors);
        }
        found
    }

    fn parse(key: &Ident, input: ParseStream<'_>, errors: &Errors) -> syn::Result<Self> {
        let missing = format!("`legacy` takes the type that describes the old shape: write `{EXAMPLE}`");
        let content = table::parenthesized(key, input, &missing)?;
        if content.is_empty() || content.peek2(syn::Token![=]) {
            content.parse::<TokenStream>()?;
            return Err(syn::Error::new(key.span(), missing));
        }
        let (at, shape) = (content.span(), content.parse::<Type>());
        let comma = shape.is_ok() && !content.is_empty() && !content.peek(syn::Token![,]);
        let after = content.span();
        content.parse::<Option<syn::Token![,]>>()?;
        let rest = content.parse::<TokenStream>()?;
        if comma {
            return Err(syn::Error::new(after, format!("expected `,` behind the type: write `{EXAMPLE}`")));
        }
        let shape =
            shape.map_err(|why| syn::Error::new(at, format!("not a type ({why}): write `{EXAMPLE}`")))?;
        let key = key.clone();
        let (name, index, since, until, upgrade, downgrade) = (None, None, None, None, None, None);
        let mut legacy = Self { key, shape, name, index, since, until, upgrade, downgrade };
        table::parse(rest, &LEGACY, &mut legacy, &mut Vec::new(), errors);
        Ok(legacy)
    }
}

impl Legacy {
    /// Returns the first schema without the shape.
    pub(crate) fn until(&self) -> u32 {
        self.until.as_ref().map_or(1, |until| until.value)
    }

    /// Returns the shape's name in errors and in the table of shapes.
    pub(crate) fn text(&self) -> String {
        self.shape.to_token_stream().to_string().replace(' ', "")
    }
}

fn path(input: ParseStream<'_>) -> syn::Result<ExprPath> {
    input.parse()
}
