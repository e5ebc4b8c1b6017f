//! kameo's own derive on an actor, which is taken off: the impl that it would write is written here, with what traces add.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::{Attribute, Path};

use crate::attrs::take_derives;
use crate::errors::Errors;
use crate::model::Data;

/// An actor without its `#[derive(Actor)]`.
pub(crate) struct Derived {
    pub(crate) data: Data,
    /// What `#[actor(name = "..")]` says.
    pub(crate) name: Option<TokenStream>,
}

impl Derived {
    /// Takes kameo's derive out, and what it reads.
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

/// Takes `#[actor(name = "..")]` out.
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
