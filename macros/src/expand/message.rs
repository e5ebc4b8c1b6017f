//! Generates `impl Message`, with an arm for each variant. Each arm has the `#[cfg]` of its variant.

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::{Attribute, Expr, Fields, GenericParam, Ident};

use super::kind::{Kind, kinds};
use crate::attr::actor::Args;
use crate::attr::fields::{self, Field, Form};
use crate::attr::kind::Sample;
use crate::attrs::{self, cfg};
use crate::model::{Data, Message, field_names};
use crate::types;

// Input:  enum Message { Join { user: u64 }, #[traced(skip)] Tick }
// Output: impl Message for Message { .. }, and in it what the options ask for
pub(super) fn implementation(message: &Message, args: &Args, own: bool) -> TokenStream {
    let root = &args.root;
    let kinds = kinds(message);
    let options = (own && args.has_options()).then(|| {
        let options = args.options(None);
        quote!(const OPTIONS: #root::Options = #options;)
    });
    let kind = kind(message, &kinds, args);
    let fanout = fanout(&kinds, args);
    let record = record(&kinds, args);
    let key = key(&kinds, args);
    block(message, args, &quote!(#options #kind #fanout #record #key))
}

// Output: impl Message for Message { fn kind(&self) -> &'static Kind { ::traced_actor::__private::stub() } }
pub(crate) fn stub(message: &Message, args: &Args) -> TokenStream {
    let root = &args.root;
    let kind = quote! {
        fn kind(&self) -> &'static #root::Kind {
            #root::__private::stub()
        }
    };
    block(message, args, &kind)
}

fn block(message: &Message, args: &Args, items: &TokenStream) -> TokenStream {
    let (data, root) = (&message.data, &args.root);
    let ident = data.ident();
    let cfg = cfg(data.attrs());
    let allow = allow_deprecated(data);
    let (impl_generics, ty_generics, where_clause) = data.generics().split_for_impl();
    quote! {
        #cfg
        #allow
        #[automatically_derived]
        impl #impl_generics #root::Message for #ident #ty_generics #where_clause {
            #items
        }
    }
}

/// Returns an `allow(deprecated)` if the user declares something deprecated, which is not a use of it.
fn allow_deprecated(data: &Data) -> Option<TokenStream> {
    let deprecated = |attrs: &[Attribute]| attrs::has(attrs, "deprecated");
    let on_fields = |fields: &Fields| fields.iter().any(|field| deprecated(&field.attrs));
    let inside = match data {
        Data::Struct(item) => on_fields(&item.fields),
        Data::Enum(item) => {
            item.variants.iter().any(|variant| deprecated(&variant.attrs) || on_fields(&variant.fields))
        }
    };
    (inside || deprecated(data.attrs())).then(|| quote!(#[allow(deprecated)]))
}

// Output: pub type Envelope = ::traced_actor::Envelope<Message>;
pub(crate) fn envelope(message: &Message, args: &Args) -> TokenStream {
    let (data, root) = (&message.data, &args.root);
    let (ident, vis) = (data.ident(), data.vis());
    let cfg = cfg(data.attrs());
    let (_, ty_generics, _) = data.generics().split_for_impl();
    // Bounds on an alias are not checked, and a lint reports them.
    let params = data.generics().params.iter().map(|param| match param {
        GenericParam::Lifetime(param) => param.lifetime.to_token_stream(),
        GenericParam::Type(param) => param.ident.to_token_stream(),
        GenericParam::Const(param) => {
            let (name, ty) = (&param.ident, &param.ty);
            quote!(const #name: #ty)
        }
    });
    let generics = (!data.generics().params.is_empty()).then(|| quote!(<#(#params),*>));
    let doc = format!(
        " A [`{ident}`] on the wire: bare as older senders wrote it, or with the sender's trace context."
    );
    let allow = allow_deprecated(data);
    quote! {
        #cfg
        #allow
        #[doc = #doc]
        #vis type Envelope #generics = #root::Envelope<#ident #ty_generics>;
    }
}

// Output: fn kind(&self) -> &'static Kind { match self { Self::Join { .. } => const { .. }, .. } }
fn kind(message: &Message, kinds: &[Kind<'_>], args: &Args) -> TokenStream {
    let root = &args.root;
    // An arm for the variants that could not be read.
    let other = message.unread.as_ref().map(|_| {
        let name = types::plain(message.data.ident());
        quote!(_ => const { &#root::Kind::new(#name) },)
    });
    let body = match &message.data {
        Data::Struct(_) => kinds
            .iter()
            .map(|kind| of_field(kind, "kind", args).unwrap_or_else(|| kind_value(kind, args)))
            .collect(),
        Data::Enum(_) if kinds.is_empty() && other.is_none() => quote!(match *self {}),
        Data::Enum(_) => {
            let arms = kinds.iter().map(|kind| {
                let (cfg, pattern, value) = (cfg(kind.attrs), kind.pattern(&[]), kind_value(kind, args));
                quote!(#cfg #pattern => #value,)
            });
            quote!(match self { #(#arms)* #other })
        }
    };
    quote! {
        fn kind(&self) -> &'static #root::Kind {
            #body
        }
    }
}

// Output: const { &::traced_actor::Kind::new("Post").sample_ratio(0.01) }
fn kind_value(kind: &Kind<'_>, args: &Args) -> TokenStream {
    let root = &args.root;
    let options = kind.options;
    let name = options.name.clone().unwrap_or_else(|| types::plain(kind.ident));
    let sample = options.sample.as_ref().map(|sample| match sample {
        Sample::Ratio(ratio) => quote!(.sample_ratio(#ratio)),
        Sample::Always => quote!(.sample_always()),
        Sample::Never => quote!(.sample_never()),
        Sample::Sampler(path) => quote!(.sampler(#path)),
    });
    let policy = options.fanout_policy.as_ref().map(|path| {
        let policy = quote!(#root::sampling::FanoutPolicy);
        if path.is_ident("discord") {
            quote!(.fanout_policy(#policy::Discord))
        } else {
            quote!(.fanout_policy(#policy::Probability(#path)))
        }
    });
    let link = options.link.as_ref().map(|_| quote!(.link()));
    let skip = options.skip.as_ref().map(|_| quote!(.skip()));
    let call = has_reply_channel(kind.fields).then(|| quote!(.call()));
    quote!(const { &#root::Kind::new(#name) #sample #policy #link #skip #call })
}

/// Returns whether a sender of this kind waits for an answer, because the message has a `oneshot::Sender`.
fn has_reply_channel(fields: &Fields) -> bool {
    fields.iter().any(|field| types::mentions(field.ty.to_token_stream(), &["oneshot", "OneshotSender"]))
}

// Output: let Self { command, .. } = self; ::traced_actor::Message::kind(command)
fn of_field(kind: &Kind<'_>, method: &str, args: &Args) -> Option<TokenStream> {
    let field = kind.options.kind.as_ref()?;
    let pattern = kind.pattern(&kind.used(field.to_token_stream()));
    let value = ask_field(kind, method, args)?;
    Some(quote!(let #pattern = self; #value))
}

// Output: ::traced_actor::Message::kind(command)
fn ask_field(kind: &Kind<'_>, method: &str, args: &Args) -> Option<TokenStream> {
    let root = &args.root;
    let field = kind.options.kind.as_ref()?;
    // A part of a field is behind a reference, like the field itself.
    let reference = matches!(field, Expr::Field(_)).then(|| quote!(&));
    let method = Ident::new(method, Span::call_site());
    Some(quote!(#root::Message::#method(#reference #field)))
}

// Output: fn fanout(&self) -> Option<usize>, if any kind says what it fans out to
fn fanout(kinds: &[Kind<'_>], args: &Args) -> Option<TokenStream> {
    let body = arms(kinds, &quote!(::core::option::Option::None), |kind| match &kind.options.fanout {
        Some(fanout) => Some((fanout.to_token_stream(), quote!(::core::option::Option::Some(#fanout)))),
        None => Some((kind.options.kind.to_token_stream(), ask_field(kind, "fanout", args)?)),
    })?;
    Some(quote! {
        fn fanout(&self) -> ::core::option::Option<usize> {
            #body
        }
    })
}

// Output: fn record(&self, fields: &mut Fields<'_>), if any kind has `fields(..)`
fn record(kinds: &[Kind<'_>], args: &Args) -> Option<TokenStream> {
    let root = &args.root;
    // A message may have a field with this name.
    let visitor = Ident::new("fields", Span::mixed_site());
    let body = arms(kinds, &quote!({}), |kind| {
        let fields = &kind.options.fields;
        let field = &kind.options.kind;
        if fields.is_empty() && field.is_none() {
            return None;
        }
        let bound = field_names(kind.fields);
        let values =
            fields.iter().map(|field| field.value.to_token_stream()).chain([field.to_token_stream()]);
        let records = fields.iter().map(|field| record_one(field, &bound, &visitor, args));
        let reference = matches!(field, Some(Expr::Field(_))).then(|| quote!(&));
        let of_field =
            field.as_ref().map(|field| quote!(#root::Message::record(#reference #field, #visitor);));
        Some((values.collect(), quote!({ #(#records)* #of_field })))
    })?;
    Some(quote! {
        fn record(&self, #visitor: &mut #root::Fields<'_>) {
            #body
        }
    })
}

// Output: fields.record("user", &::traced_actor::field::display(user));
fn record_one(field: &Field, bound: &[String], visitor: &Ident, args: &Args) -> TokenStream {
    let root = &args.root;
    let name = &field.name;
    let value = fields::by_reference(&field.value, bound);
    let value = match field.form {
        Form::Value => value,
        Form::Display => quote!(&#root::field::display(#value)),
        Form::Debug => quote!(&#root::field::debug(#value)),
    };
    quote!(#visitor.record(#name, #value);)
}

// Output: fn key(&self) -> Option<Key<'_>>, if any kind has a key
fn key(kinds: &[Kind<'_>], args: &Args) -> Option<TokenStream> {
    let root = &args.root;
    let body = arms(kinds, &quote!(::core::option::Option::None), |kind| {
        let Some(key) = kind.options.key.as_ref() else {
            return Some((kind.options.kind.to_token_stream(), ask_field(kind, "key", args)?));
        };
        // A part of a field cannot be moved out of the message.
        let reference = matches!(key, Expr::Field(_)).then(|| quote!(&));
        let value = quote!(#reference #key);
        Some((
            key.to_token_stream(),
            quote!(::core::option::Option::Some(::core::convert::From::from(#value))),
        ))
    })?;
    Some(quote! {
        fn key(&self) -> ::core::option::Option<#root::Key<'_>> {
            #body
        }
    })
}

/// Returns the body of a method that describes some kinds, or `None` if it describes none.
///
/// `say` returns the tokens that use the fields, and the value.
fn arms(
    kinds: &[Kind<'_>],
    otherwise: &TokenStream,
    say: impl Fn(&Kind<'_>) -> Option<(TokenStream, TokenStream)>,
) -> Option<TokenStream> {
    let said: Vec<_> = kinds.iter().map(|kind| (kind, say(kind))).collect();
    if said.iter().all(|(_, value)| value.is_none()) {
        return None;
    }
    // rustc would warn about a wildcard that no variant reaches.
    let silent = || said.iter().filter(|(_, value)| value.is_none()).map(|(kind, _)| kind);
    let wildcard =
        kinds.iter().any(|kind| kind.is_partial) || silent().any(|kind| cfg(kind.attrs).is_empty());

    let mut arms = TokenStream::new();
    for (kind, value) in &said {
        let cfg = cfg(kind.attrs);
        match value {
            Some((uses, value)) if kind.is_variant => {
                let pattern = kind.pattern(&kind.used(uses.clone()));
                let comma = (!is_block(value)).then(|| quote!(,));
                arms.extend(quote!(#cfg #pattern => #value #comma));
            }
            Some((uses, value)) => {
                let used = kind.used(uses.clone());
                let pattern = kind.pattern(&used);
                let bind = (!used.is_empty()).then(|| quote!(let #pattern = self;));
                let value = statements(value);
                return Some(quote!(#bind #value));
            }
            None if wildcard => {}
            None => {
                let pattern = kind.pattern(&[]);
                arms.extend(quote!(#cfg #pattern => #otherwise,));
            }
        }
    }
    if wildcard {
        arms.extend(quote!(_ => #otherwise,));
    }
    Some(quote!(match self { #arms }))
}

fn is_block(value: &TokenStream) -> bool {
    matches!(value.clone().into_iter().next(), Some(TokenTree::Group(_)))
}

/// Returns a block's contents, for places that need no block.
fn statements(value: &TokenStream) -> TokenStream {
    match value.clone().into_iter().next() {
        Some(TokenTree::Group(group)) => group.stream(),
        _ => value.clone(),
    }
}
