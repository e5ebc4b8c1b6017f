//! The expansion: the user's item, and behind it what is generated. Nothing here can fail, because
//! everything was checked before.

mod actor;
mod kind;
mod message;
mod mirror;
mod shapes;
mod versions;
mod wrapper;

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{AttrStyle, Attribute, Ident};

use crate::args::Args;
use crate::attrs;
use crate::model::{Actor, Function, Item, Member, Message, Module, Role};

pub(crate) use actor::stub as actor_stub;
pub(crate) use message::{envelope, stub as message_stub};

/// What is generated for an item: the whole, or what keeps the user's module alive after an error.
pub(crate) trait Emit {
    fn function(&self, function: &Function, name: Option<&Ident>) -> TokenStream;
    /// The user's enum or struct.
    fn data(&self, message: &Message) -> TokenStream;
    fn envelope(&self, message: &Message) -> TokenStream;
    /// `own`: the attribute stands on the message itself, so its options are the message's.
    fn message(&self, message: &Message, own: bool) -> TokenStream;
    fn actor(&self, actor: &Actor, handler: &Function) -> TokenStream;
}

pub(crate) fn item(item: &Item, args: &Args) -> TokenStream {
    assemble(item, args, &Whole(args))
}

/// What was said in a `cfg_attr` counts wherever the macro runs, so its condition must hold there.
//
// Output: #[cfg(not(feature = "trace"))] ::core::compile_error!("..");
pub(crate) fn conditions(conditions: &[TokenStream]) -> TokenStream {
    let mut texts: Vec<String> = Vec::new();
    let distinct = conditions.iter().filter(|condition| {
        let text = condition.to_string();
        let new = !texts.contains(&text);
        texts.push(text);
        new
    });
    let guards = distinct.map(|condition| {
        let message = format!(
            "`#[traced(..)]` in `cfg_attr({condition}, ..)` counts wherever `#[traced_actor]` does, and here the condition does \
             not hold: give `#[traced_actor]` the same condition, or write two versions of the item"
        );
        quote!(#[cfg(not(#condition))] ::core::compile_error!(#message);)
    });
    guards.collect()
}

struct Whole<'a>(&'a Args);

impl Emit for Whole<'_> {
    fn function(&self, function: &Function, name: Option<&Ident>) -> TokenStream {
        let version = |function: &Function| match &function.role {
            Role::Plain | Role::Settled => function.to_token_stream(),
            Role::Loop => wrapper::receive_loop(function, self.0, name),
            Role::Handler(mailbox) => wrapper::handler(function, mailbox, self.0, name),
        };
        match &function.role {
            Role::Plain | Role::Settled => function.to_token_stream(),
            Role::Loop | Role::Handler(_) => versions::versions(function).iter().map(version).collect(),
        }
    }

    fn data(&self, message: &Message) -> TokenStream {
        mirror::data(message, self.0).unwrap_or_else(|| message.data.to_token_stream())
    }

    fn envelope(&self, message: &Message) -> TokenStream {
        message::envelope(message, self.0)
    }

    fn message(&self, message: &Message, own: bool) -> TokenStream {
        let mut tokens = message::implementation(message, self.0, own);
        tokens.extend(shapes::implementation(message, self.0));
        tokens
    }

    fn actor(&self, actor: &Actor, handler: &Function) -> TokenStream {
        actor::implementation(actor, handler, self.0)
    }
}

/// The item with everything in its place.
pub(crate) fn assemble(item: &Item, args: &Args, emit: &dyn Emit) -> TokenStream {
    match item {
        Item::Message(message) => {
            let generated = emit.message(message, true);
            let data = emit.data(message);
            quote!(#data #generated)
        }
        Item::Actor(actor) => {
            let block = impl_block(actor, emit);
            let generated = actor_impls(actor, args, emit);
            quote!(#block #generated)
        }
        Item::Function(function) => emit.function(function, function.actor.as_ref()),
        Item::Module(module) => inline_module(module, args, emit),
        Item::Other(other) => other.tokens.clone(),
    }
}

/// The user's items, then the generated ones, so that a reader meets them in this order.
fn inline_module(module: &Module, args: &Args, emit: &dyn Emit) -> TokenStream {
    let items = module.items.iter().map(|item| match item {
        Item::Message(message) => emit.data(message),
        Item::Actor(actor) => impl_block(actor, emit),
        Item::Function(function) => emit.function(function, function.actor.as_ref()),
        other => assemble(other, args, emit),
    });
    let envelope = sole_message(module).map(|message| emit.envelope(message));
    let generated = module.items.iter().map(|item| match item {
        Item::Message(message) if message.traced => emit.message(message, false),
        Item::Actor(actor) => actor_impls(actor, args, emit),
        _ => TokenStream::new(),
    });

    let Module { attrs, vis, unsafety, mod_token, ident, brace, .. } = module;
    let (outer, inner) = sides(attrs);
    let mut tokens = quote!(#(#outer)* #vis #unsafety #mod_token #ident);
    brace.surround(&mut tokens, |tokens| {
        tokens.extend(quote!(#(#inner)* #(#items)* #envelope #(#generated)*));
    });
    tokens
}

fn actor_impls(actor: &Actor, args: &Args, emit: &dyn Emit) -> TokenStream {
    actor::handlers(actor, args).into_iter().map(|handler| emit.actor(actor, handler)).collect()
}

/// The impl block with its functions wrapped where they have a role.
fn impl_block(actor: &Actor, emit: &dyn Emit) -> TokenStream {
    let name = actor.ident();
    let members = actor.members.iter().map(|member| match member {
        Member::Function(function) => emit.function(function, name),
        Member::Other(tokens) => tokens.clone(),
    });
    let header = &actor.header;
    let (outer, inner) = sides(&header.attrs);
    let (generics, self_ty) = (&header.generics, &header.self_ty);
    let (defaultness, unsafety, impl_token) =
        (&header.modifiers.defaultness, &header.unsafety, &header.impl_token);
    let where_clause = &generics.where_clause;
    let mut tokens = quote!(#(#outer)* #defaultness #unsafety #impl_token #generics #self_ty #where_clause);
    header.brace_token.surround(&mut tokens, |tokens| {
        tokens.extend(quote!(#(#inner)* #(#members)*));
    });
    tokens
}

/// The one message type of a module, unless the module has an `Envelope` already.
fn sole_message(module: &Module) -> Option<&Message> {
    let mut messages = module.items.iter().filter_map(|item| match item {
        Item::Message(message) if message.traced => Some(message),
        _ => None,
    });
    let message = messages.next()?;
    let taken = module.items.iter().any(declares_envelope);
    (messages.next().is_none() && !taken).then_some(message)
}

fn declares_envelope(item: &Item) -> bool {
    match item {
        Item::Message(message) => message.data.ident() == "Envelope",
        // A `use` may bring it in, a macro may define it: any mention is taken for a declaration.
        Item::Other(other) => {
            let head = other.tokens.clone().into_iter().take_while(
                |token| !matches!(token, proc_macro2::TokenTree::Punct(punct) if punct.as_char() == '='),
            );
            crate::types::mentions(head.collect(), &["Envelope"])
        }
        _ => false,
    }
}

fn sides(attrs: &[Attribute]) -> (Vec<&Attribute>, Vec<&Attribute>) {
    attrs.iter().partition(|attr| matches!(attr.style, AttrStyle::Outer))
}

/// The attributes that decide whether `attrs`' item exists, for what is generated beside it.
fn cfg(attrs: &[Attribute]) -> TokenStream {
    attrs::cfg(attrs).collect()
}
