//! Removes kameo's `#[messages]` from an inherent impl.
//!
//! The macro generates the code of that attribute itself, with tracing added.

use proc_macro2::{Ident, TokenStream};
use quote::ToTokens;
use syn::punctuated::Punctuated;
use syn::{Attribute, FnArg, ImplItem, ImplItemFn, ItemImpl, Meta, Pat, Token};

use crate::errors::Errors;

/// An impl of an actor's methods, some of which are messages.
pub(crate) struct Messages {
    /// The impl without kameo's attributes.
    pub(crate) item: ItemImpl,
    pub(crate) methods: Vec<Method>,
}

/// A method that is also a message.
pub(crate) struct Method {
    /// The method without kameo's attributes.
    pub(crate) item: ImplItemFn,
    /// The attributes of the message.
    pub(crate) attrs: Vec<TokenStream>,
    /// The fields of the message, with their attributes.
    pub(crate) fields: Vec<Field>,
    /// The name of the parameter for kameo's context, and its position after `self`.
    pub(crate) context: Option<(Ident, usize)>,
}

pub(crate) struct Field {
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) name: Ident,
    pub(crate) ty: syn::Type,
}

impl Messages {
    /// Removes kameo's attributes from an impl with `#[messages]`. Returns `None` for any other item.
    pub(crate) fn take(tokens: &TokenStream, errors: &Errors) -> Option<Self> {
        let mut item: ItemImpl = syn::parse2(tokens.clone()).ok()?;
        if item.trait_.is_some() {
            return None;
        }
        let Some(at) = item.attrs.iter().position(|attr| is(attr, "messages")) else {
            errors.at(
                &item.self_ty,
                "no `#[messages]` is in view: write `#[traced_actor(kameo)]` above it; otherwise this goes on `impl kameo::Actor for ..`, \
                 above `#[derive(Actor)]`, and on `impl kameo::message::Message<..> for ..`",
            );
            return None;
        };
        item.attrs.remove(at);
        let methods = item.items.iter_mut().filter_map(|item| match item {
            ImplItem::Fn(method) => Method::take(method, errors),
            _ => None,
        });
        let methods = methods.collect();
        Some(Self { item, methods })
    }
}

impl Method {
    fn take(method: &mut ImplItemFn, errors: &Errors) -> Option<Self> {
        let at = method.attrs.iter().position(|attr| is(attr, "message"))?;
        let attribute = method.attrs.remove(at);
        let is_doc = |attr: &&Attribute| attr.path().is_ident("doc") || attr.path().is_ident("cfg");
        let mut attrs: Vec<TokenStream> =
            method.attrs.iter().filter(is_doc).map(ToTokens::to_token_stream).collect();
        let mut context = None;
        for meta in metas(&attribute, errors) {
            match &meta {
                Meta::Path(path) if path.is_ident("ctx") => context = path.get_ident().cloned(),
                Meta::NameValue(value) if value.path.is_ident("ctx") => {
                    context = errors.take(syn::parse2(value.value.to_token_stream()));
                }
                _ => attrs.push(quote::quote!(#[#meta])),
            }
        }
        if method.sig.receiver().is_none() {
            errors.at(&method.sig.ident, "a message's method takes `&mut self` or `&self`");
        }
        let mut fields = Vec::new();
        let mut place = None;
        for (at, input) in method.sig.inputs.iter_mut().enumerate() {
            let FnArg::Typed(input) = input else { continue };
            let Pat::Ident(pattern) = &*input.pat else {
                errors.at(
                    &input.pat,
                    "a parameter of a message's method is a field of the message: give it a name",
                );
                continue;
            };
            let name = pattern.ident.clone();
            if context.as_ref() == Some(&name) {
                place = Some(at - 1);
                continue;
            }
            let (attrs, others) =
                std::mem::take(&mut input.attrs).into_iter().partition(|attr| attr.path().is_ident("doc"));
            input.attrs = others;
            fields.push(Field { attrs, name, ty: (*input.ty).clone() });
        }
        let context = context.zip(place);
        Some(Self { item: method.clone(), attrs, fields, context })
    }
}

/// Returns the arguments of `#[message(..)]`.
fn metas(attribute: &Attribute, errors: &Errors) -> Vec<Meta> {
    let Meta::List(_) = &attribute.meta else { return Vec::new() };
    let metas = attribute.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated);
    errors.take(metas).into_iter().flatten().collect()
}

fn is(attr: &Attribute, name: &str) -> bool {
    attr.path().segments.last().is_some_and(|last| last.ident == name)
}
