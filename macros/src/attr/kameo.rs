//! Removes kameo's own derive from an actor. The macro generates the impl of that derive itself, with tracing added.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::{Attribute, Path};

use crate::attrs::take_derives;
use crate::errors::Errors;
use crate::model::Data;

/// An actor without its `#[derive(Actor)]`.
pub(crate) struct Derived {
    pub(crate) data: Data,
    /// The name that `#[actor(name = "..")]` sets.
    pub(crate) name: Option<TokenStream>,
}

impl Derived {
    /// Removes kameo's derive and its helper attribute.
    pub(crate) fn take(mut data: Data, errors: &Errors) -> Self {
        let attrs = match &mut data {
            Data::Enum(item) => &mut item.attrs,
            Data::Struct(item) => &mut item.attrs,
        };
        let derives = take_derives(attrs, is_actor);
        let name = take_name(attrs, errors);
        if derives.is_empty() {
            errors.at(
                data.ident(),
                "no `#[derive(Actor)]` is in view: write `#[traced_actor(kameo)]` above it; a message takes `#[traced_actor]`",
            );
        }
        Self { data, name }
    }
}

fn is_actor(derive: &Path) -> bool {
    derive.segments.last().is_some_and(|last| last.ident == "Actor")
}

/// Removes `#[actor(name = "..")]`.
fn take_name(attrs: &mut Vec<Attribute>, errors: &Errors) -> Option<TokenStream> {
    let mut name = None;
    attrs.retain(|attr| {
        if !attr.path().is_ident("actor") {
            return true;
        }
        let read = attr.parse_nested_meta(|meta| {
            if !meta.path.is_ident("name") {
                return Err(meta.error("expected `name = \"..\"`"));
            }
            name = Some(meta.value()?.parse::<syn::LitStr>()?.into_token_stream());
            Ok(())
        });
        errors.take(read);
        false
    });
    name
}
