//! Generates the expansion: the user's item, followed by generated items.
//!
//! Nothing here can fail, because everything was checked before.

pub(crate) mod actix;
mod actor;
mod by_type;
pub(crate) mod kameo;
pub(crate) mod kameo_messages;
mod kameo_remote;
mod kind;
mod message;
pub(crate) mod ractor;
mod serde_remote;
mod trait_impl;
mod versions;
mod wire_versions;
mod wrapper;

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::{AttrStyle, Attribute};

use crate::attr::actor::Args;
use crate::model::{Actor, Function, Item, Member, Message, Module, NotALoop, Role};

pub(crate) use actor::stub as actor_stub;
pub(crate) use message::{envelope, stub as message_stub};

/// Generates the items for the user's item: all of them, or after an error only what keeps the user's module alive.
pub(crate) trait Emit {
    fn function(&self, function: &Function) -> Vec<Emitted>;
    /// Returns the user's enum or struct.
    fn data(&self, message: &Message) -> TokenStream;
    fn envelope(&self, message: &Message) -> TokenStream;
    /// Returns the `impl Message`. If `own` is true, the attribute stands on the message, and its options are the
    /// message's.
    fn message(&self, message: &Message, own: bool) -> TokenStream;
    /// Returns the `impl Actor`. If `runs_itself` is true, there is a receive loop in view, so nothing else has to run
    /// it.
    fn actor(&self, actor: &Actor, handler: &Function, runs_itself: bool) -> TokenStream;
    /// Returns the items inside the impl block for the same handler.
    fn member(&self, handler: &Function, runs_itself: bool) -> TokenStream;
}

/// A function of the user, and the function beside it.
pub(crate) struct Emitted {
    function: TokenStream,
    /// The name and the tokens of the function that has its body.
    beside: Option<(String, TokenStream)>,
}

impl Emitted {
    pub(crate) fn plain(function: &Function) -> Self {
        Self { function: function.to_token_stream(), beside: None }
    }
}

impl From<wrapper::Wrapped> for Emitted {
    fn from(wrapped: wrapper::Wrapped) -> Self {
        let wrapper::Wrapped { outer, beside, inner } = wrapped;
        Self { function: outer, beside: beside.map(|beside| (inner, beside)) }
    }
}

pub(crate) fn item(item: &Item, args: &Args) -> TokenStream {
    assemble(item, args, &Whole(args))
}

/// Requires the conditions of options in a `cfg_attr`, because the macro applies these options in any case.
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
            "`#[traced(..)]` in `cfg_attr({condition}, ..)` applies wherever `#[traced_actor]` does, but its \
             condition does not hold here: give `#[traced_actor]` the same condition, or write two versions of \
             the item"
        );
        let first = condition.clone().into_iter().next();
        let span = first.map_or_else(Span::call_site, |first| first.span().resolved_at(Span::call_site()));
        quote_spanned!(span=> #[cfg(not(#condition))] ::core::compile_error!(#message);)
    });
    guards.collect()
}

struct Whole<'a>(&'a Args);

impl Emit for Whole<'_> {
    fn function(&self, function: &Function) -> Vec<Emitted> {
        if matches!(function.role, Role::Plain | Role::AlreadyWrapped) {
            return vec![Emitted::plain(function)];
        }
        let name = function.actor.as_ref();
        let version = |function: &Function| match &function.role {
            Role::Plain | Role::AlreadyWrapped => Emitted::plain(function),
            Role::Loop => wrapper::receive_loop(function, self.0, name).into(),
            Role::Handler(mailbox) => wrapper::handler(function, mailbox, self.0, name).into(),
        };
        versions::versions(function).iter().map(version).collect()
    }

    fn data(&self, message: &Message) -> TokenStream {
        serde_remote::data(message, self.0).unwrap_or_else(|| message.to_token_stream())
    }

    fn envelope(&self, message: &Message) -> TokenStream {
        message::envelope(message, self.0)
    }

    fn message(&self, message: &Message, own: bool) -> TokenStream {
        let mut tokens = message::implementation(message, self.0, own);
        tokens.extend(wire_versions::implementation(message, self.0));
        tokens.extend(ractor::message(message, self.0));
        tokens.extend(actix::message(message, self.0));
        tokens
    }

    fn actor(&self, actor: &Actor, handler: &Function, runs_itself: bool) -> TokenStream {
        if runs_itself && self.0.spawn.is_none() {
            return TokenStream::new();
        }
        actor::implementation(actor, handler, self.0)
    }

    fn member(&self, handler: &Function, runs_itself: bool) -> TokenStream {
        if runs_itself && self.0.spawn.is_none() {
            return TokenStream::new();
        }
        actor::only_one(handler)
    }
}

/// Returns the item with all its parts.
pub(crate) fn assemble(item: &Item, args: &Args, emit: &dyn Emit) -> TokenStream {
    match item {
        Item::Message(message) => {
            let generated = emit.message(message, true);
            let data = emit.data(message);
            quote!(#data #generated)
        }
        Item::Actor(actor) => {
            let runs_itself = actor.functions().any(runs);
            let block = impl_block(actor, args, emit, runs_itself);
            let generated = actor_impls(actor, args, emit, runs_itself);
            let messages = by_type::implementations(args, &actor.header.generics, &actor.header.attrs);
            quote!(#block #generated #messages)
        }
        Item::Function(function) => free_function(function, emit),
        Item::Module(module) => inline_module(module, args, emit),
        Item::Other(other) => other.tokens.clone(),
    }
}

/// Returns the user's items followed by the generated ones, so that a reader finds them in this order.
fn inline_module(module: &Module, args: &Args, emit: &dyn Emit) -> TokenStream {
    // Any loop in the module may be this actor's.
    let runs_itself = |actor: &Actor| {
        let own = |function: &&Function| function.actor.as_ref() == actor.ident();
        functions(module).filter(own).any(runs)
    };
    let items = module.items.iter().map(|item| match item {
        Item::Message(message) => emit.data(message),
        Item::Actor(actor) => impl_block(actor, args, emit, runs_itself(actor)),
        Item::Function(function) => free_function(function, emit),
        other => assemble(other, args, emit),
    });
    let envelope = sole_message(module).map(|message| emit.envelope(message));
    let generated = module.items.iter().map(|item| match item {
        Item::Message(message) if message.traced => emit.message(message, false),
        Item::Actor(actor) => actor_impls(actor, args, emit, runs_itself(actor)),
        _ => TokenStream::new(),
    });
    let messages = by_type::implementations(args, &syn::Generics::default(), &[]);

    let Module { attrs, vis, unsafety, mod_token, ident, brace, .. } = module;
    let (outer, inner) = sides(attrs);
    let mut tokens = quote!(#(#outer)* #vis #unsafety #mod_token #ident);
    brace.surround(&mut tokens, |tokens| {
        tokens.extend(quote!(#(#inner)* #(#items)* #envelope #(#generated)* #messages));
    });
    tokens
}

/// Returns all functions of a module, free or not.
fn functions(module: &Module) -> impl Iterator<Item = &Function> {
    module.items.iter().flat_map(|item| match item {
        Item::Actor(actor) => actor.functions().collect(),
        Item::Function(function) => vec![&**function],
        _ => Vec::new(),
    })
}

/// Returns whether it runs a receive loop, itself or in a block.
fn runs(function: &Function) -> bool {
    matches!(function.role, Role::Loop) || matches!(function.seen, Some(NotALoop::Block { .. }))
}

fn actor_impls(actor: &Actor, args: &Args, emit: &dyn Emit, runs_itself: bool) -> TokenStream {
    actor::handlers(actor, args).into_iter().map(|handler| emit.actor(actor, handler, runs_itself)).collect()
}

fn free_function(function: &Function, emit: &dyn Emit) -> TokenStream {
    let emitted = emit.function(function).into_iter().map(|emitted| {
        let (function, beside) = (emitted.function, emitted.beside.map(|(_, tokens)| tokens));
        quote!(#beside #function)
    });
    emitted.collect()
}

/// Returns the impl block, with wrappers for the functions that have a role.
fn impl_block(actor: &Actor, args: &Args, emit: &dyn Emit, runs_itself: bool) -> TokenStream {
    // In the order that lints want: functions with a reserved name come first.
    let mut beside = Vec::new();
    let mut before_functions = TokenStream::new();
    let mut members = TokenStream::new();
    let mut unread = TokenStream::new();
    let mut functions = false;
    for member in &actor.members {
        match member {
            Member::Function(function) => {
                functions = true;
                for emitted in emit.function(function) {
                    members.extend(emitted.function);
                    beside.extend(emitted.beside);
                }
            }
            // After the rest, since rustc may stop reading here.
            Member::Unread(tokens) => unread.extend(tokens.clone()),
            Member::Other(tokens) if functions => members.extend(tokens.clone()),
            Member::Other(tokens) => before_functions.extend(tokens.clone()),
        }
    }
    let handlers = actor::handlers(actor, args).into_iter();
    before_functions.extend(handlers.map(|handler| emit.member(handler, runs_itself)));
    beside.sort_by(|(a, _), (b, _)| a.cmp(b));
    let beside = beside.into_iter().map(|(_, tokens)| tokens);
    let members = quote!(#before_functions #(#beside)* #members #unread);
    let header = &actor.header;
    let (outer, inner) = sides(&header.attrs);
    let (generics, self_ty) = (&header.generics, &header.self_ty);
    let (defaultness, unsafety, impl_token) =
        (&header.modifiers.defaultness, &header.unsafety, &header.impl_token);
    let where_clause = &generics.where_clause;
    let mut tokens = quote!(#(#outer)* #defaultness #unsafety #impl_token #generics #self_ty #where_clause);
    header.brace_token.surround(&mut tokens, |tokens| {
        tokens.extend(quote!(#(#inner)* #members));
    });
    tokens
}

/// Returns the only message type of a module, unless the module already has an `Envelope`.
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
        // A `use` may import it, and a macro may define it. Any mention counts as a declaration.
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
