//! Finds the visible mailboxes: receivers in structs, in functions and behind aliases.

use std::collections::BTreeSet;

use syn::{Pat, Type};

use crate::model::{Data, Function, Item, Message, Module, Other, What};
use crate::types::{self, Channel, Names};

/// A mailbox in view: its message type, and the struct that owns the receiver, if known.
pub(crate) struct Mailbox {
    pub(crate) message: Type,
    pub(crate) owner: Option<String>,
}

/// The information about mailboxes that an item has outside of bodies.
#[derive(Default)]
pub(crate) struct View {
    /// The mailboxes that may be ours.
    pub(crate) mailboxes: Vec<Mailbox>,
    /// The fields that hold a receiver.
    pub(crate) fields: Fields,
    /// The types whose inherent impls are here.
    pub(crate) actors: Vec<syn::Ident>,
    /// The meaning of names.
    pub(crate) names: Names,
    /// The first receiver that is plainly not ours, as written.
    pub(crate) foreign: Option<syn::Path>,
    /// Whether an option gives the message type.
    pub(crate) message_is_said: bool,
}

/// Names of fields and variables that hold a receiver: one of ours, or one of another crate.
#[derive(Default, Clone)]
pub(crate) struct Fields {
    pub(crate) known: BTreeSet<String>,
    pub(crate) foreign: BTreeSet<String>,
}

impl Fields {
    /// Returns whether it has no names.
    pub(crate) fn is_empty(&self) -> bool {
        self.known.is_empty() && self.foreign.is_empty()
    }

    /// Notes that `name` holds `channels`.
    pub(crate) fn insert(&mut self, name: &str, channels: &[Channel]) {
        for channel in channels {
            let names = if channel.foreign.is_some() { &mut self.foreign } else { &mut self.known };
            names.insert(name.to_owned());
        }
    }

    /// Adds the names of another one. A name that holds both kinds is taken for ours.
    pub(crate) fn extend(&mut self, other: &Self) {
        self.known.extend(other.known.iter().cloned());
        self.foreign.extend(other.foreign.iter().cloned());
        self.foreign.retain(|name| !self.known.contains(name));
    }
}

impl View {
    /// Reads the parameters of functions. The meaning of `tokio` for them is determined elsewhere.
    pub(crate) fn of_functions<'a>(
        functions: impl Iterator<Item = &'a Function>,
        tokio_is_ours: bool,
    ) -> Self {
        let names = Names { tokio_is_ours, ..Names::default() };
        let mut view = Self { names, ..Self::default() };
        functions.for_each(|function| view.see_function(function));
        view
    }

    /// Returns the view of a module, including the types that `#[traced]` marks as messages.
    pub(crate) fn of_module(module: &Module) -> Self {
        let mut view = Self { names: names(module), ..Self::default() };
        let aliases = view.aliases(module);
        for item in &module.items {
            match item {
                Item::Message(message) => view.see_data(message, &aliases),
                Item::Actor(actor) => {
                    view.actors.extend(actor.ident().cloned());
                    actor.functions().for_each(|function| view.see_function(function));
                }
                Item::Function(function) => view.see_function(function),
                Item::Module(_) | Item::Other(_) => {}
            }
        }
        for (_, channel) in aliases {
            view.see(channel, None);
        }
        view
    }

    /// Replaces all visible mailboxes by the message type of an option.
    pub(crate) fn use_message(&mut self, message: Option<&Type>) {
        if let Some(message) = message {
            self.mailboxes = vec![Mailbox { message: message.clone(), owner: None }];
            self.message_is_said = true;
        }
    }

    /// Returns the receivers in a type.
    pub(crate) fn received(&self, ty: &Type) -> Vec<Channel> {
        types::received(ty, &self.names)
    }

    fn see(&mut self, channel: Channel, owner: Option<String>) {
        match channel.foreign {
            Some(path) => {
                self.foreign.get_or_insert(path);
            }
            None => self.mailboxes.push(Mailbox { message: channel.message, owner }),
        }
    }

    fn see_function(&mut self, function: &Function) {
        for parameter in function.parameters() {
            for channel in self.received(&parameter.ty) {
                self.see(channel, None);
            }
        }
    }

    fn see_data(&mut self, message: &Message, aliases: &[(String, Channel)]) {
        let owner = message.data.ident();
        if let Data::Struct(item) = &message.data {
            for field in &item.fields {
                let mut channels = self.received(&field.ty);
                channels.extend(behind(&field.ty, aliases));
                if let Some(name) = &field.ident {
                    self.fields.insert(&name.to_string(), &channels);
                }
                for channel in channels {
                    self.see(channel, Some(owner.to_string()));
                }
            }
        }
        if message.traced {
            self.mailboxes.push(Mailbox { message: syn::parse_quote!(#owner), owner: None });
        }
    }

    /// Returns the aliases with their receivers: `type Inbox = mpsc::Receiver<M>`.
    fn aliases(&self, module: &Module) -> Vec<(String, Channel)> {
        let mut aliases = Vec::new();
        for item in &module.items {
            if let Item::Other(other) = item
                && let What::Alias(alias) = &other.what
            {
                let received = self.received(&alias.ty).into_iter();
                aliases.extend(received.map(|channel| (alias.ident.to_string(), channel)));
            }
        }
        aliases
    }
}

fn behind(ty: &Type, aliases: &[(String, Channel)]) -> Vec<Channel> {
    let named = |name: &String| types::last_segment(ty).is_some_and(|segment| segment.ident == name);
    let channels = aliases.iter().filter(|(name, _)| named(name));
    channels
        .map(|(_, channel)| Channel { message: channel.message.clone(), foreign: channel.foreign.clone() })
        .collect()
}

fn names(module: &Module) -> Names {
    let uses = || {
        module.items.iter().filter_map(|item| match item {
            Item::Other(Other { what: What::Use(item), .. }) => Some(&**item),
            _ => None,
        })
    };
    let mut names = Names::default();
    names.tokio_is_ours = uses().any(|item| types::replaces_tokio(&item.tree, false));
    names.foreign = uses().flat_map(|item| types::imported(item, &names)).collect();
    names
}

/// Returns the parameters of a function that hold a receiver.
pub(crate) fn parameters(function: &Function, view: &View) -> Fields {
    let mut fields = Fields::default();
    for parameter in function.parameters() {
        let channels = view.received(&parameter.ty);
        bound(&parameter.pat, &mut |name| fields.insert(&name, &channels));
    }
    fields
}

fn bound(pat: &Pat, see: &mut impl FnMut(String)) {
    match pat {
        Pat::Ident(pat) => see(pat.ident.to_string()),
        Pat::Tuple(pat) => pat.elems.iter().for_each(|pat| bound(pat, see)),
        Pat::TupleStruct(pat) => pat.elems.iter().for_each(|pat| bound(pat, see)),
        Pat::Reference(pat) => bound(&pat.pat, see),
        _ => {}
    }
}

/// Returns the types that are sent from inside the module. They are messages too, even if nobody here receives them.
pub(crate) fn sent(module: &Module) -> Vec<Type> {
    let of = |function: &Function| -> Vec<Type> {
        function.parameters().flat_map(|parameter| types::sent(&parameter.ty)).collect()
    };
    let mut sent = Vec::new();
    for item in &module.items {
        match item {
            Item::Message(Message { data: Data::Struct(item), .. }) => {
                sent.extend(item.fields.iter().flat_map(|field| types::sent(&field.ty)));
            }
            Item::Actor(actor) => sent.extend(actor.functions().flat_map(of)),
            Item::Function(function) => sent.extend(of(function)),
            Item::Other(other) => {
                if let What::Alias(alias) = &other.what {
                    sent.extend(types::sent(&alias.ty));
                }
            }
            _ => {}
        }
    }
    sent
}
