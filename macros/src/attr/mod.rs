//! Reads the two attributes of this crate.
//!
//! Removes the helper attributes from an item, and stores their options beside the syntax.

pub(crate) mod actor;
pub(crate) mod fields;
pub(crate) mod kameo;
pub(crate) mod kameo_messages;
pub(crate) mod kind;
pub(crate) mod legacy;
pub(crate) mod method;
pub(crate) mod ractor;
pub(crate) mod ractor_actor;
pub(crate) mod table;

use proc_macro2::TokenStream;

use actor::Target;
use kind::KindOptions;
use legacy::Legacy;
use method::MethodOptions;
use ractor::Ractor;

use crate::attrs;
use crate::errors::Errors;
use crate::model::{Data, Function, Item, Message, Role};

pub(crate) fn target(item: &Item) -> Option<Target> {
    match item {
        Item::Message(_) => Some(Target::Data),
        Item::Actor(_) => Some(Target::Impl),
        Item::Function(_) => Some(Target::Function),
        Item::Module(_) => Some(Target::Module),
        Item::Other(_) => None,
    }
}

/// Reads and removes every helper attribute.
///
/// This must be the first step. A helper that is left behind by a failed check would be an additional error.
pub(crate) fn take(item: &mut Item, conditions: &mut Vec<TokenStream>, errors: &Errors) {
    match item {
        Item::Message(message) => message_helpers(message, conditions, errors),
        Item::Actor(actor) => {
            let own = attrs::take_helpers(&mut actor.header.attrs, conditions);
            no_helper(&own, "an `impl` block takes its options in `#[traced_actor(..)]`", errors);
            actor.functions_mut().for_each(|function| function_helpers(function, conditions, errors));
        }
        Item::Function(function) => function_helpers(function, conditions, errors),
        Item::Module(module) => {
            let own = attrs::take_helpers(&mut module.attrs, conditions);
            no_helper(&own, "a module takes its options in `#[traced_actor(..)]`", errors);
            module.items.iter_mut().for_each(|item| take(item, conditions, errors));
        }
        Item::Other(_) => {}
    }
}

/// Removes ractor's own attributes from its message. An item that could not be read stays as written.
pub(crate) fn take_ractor(message: &mut Message, errors: &Errors) {
    if message.unread.is_some() {
        return;
    }
    message.ractor = match &mut message.data {
        Data::Enum(item) => {
            let variants = item.variants.iter_mut().map(|variant| &mut variant.attrs);
            Ractor::take(&mut item.attrs, variants, errors)
        }
        Data::Struct(item) => {
            let ractor = Ractor::take(&mut item.attrs, std::iter::empty(), errors);
            if let Some(cluster) = ractor.as_ref().and_then(|ractor| ractor.cluster.as_ref()) {
                errors.at(cluster, "ractor sends enums between nodes: make this an enum of one variant");
            }
            ractor
        }
    };
}

fn message_helpers(message: &mut Message, conditions: &mut Vec<TokenStream>, errors: &Errors) {
    const ON_FIELD: &str = "a field is recorded by its name in `fields(..)` on the variant or struct";
    match &mut message.data {
        Data::Enum(item) => {
            let own = attrs::take_helpers(&mut item.attrs, conditions);
            message.traced |= !own.is_empty();
            message.legacy = Legacy::parse_all(&own, errors);
            for (variant, kind) in item.variants.iter_mut().zip(&mut message.kinds) {
                *kind = KindOptions::of_variant(&attrs::take_helpers(&mut variant.attrs, conditions), errors);
                message.traced |= kind.present;
                for field in &mut variant.fields {
                    no_helper(&attrs::take_helpers(&mut field.attrs, conditions), ON_FIELD, errors);
                }
            }
        }
        Data::Struct(item) => {
            for kind in &mut message.kinds {
                *kind = KindOptions::of_struct(&attrs::take_helpers(&mut item.attrs, conditions), errors);
                message.traced |= kind.present;
            }
            for field in &mut item.fields {
                no_helper(&attrs::take_helpers(&mut field.attrs, conditions), ON_FIELD, errors);
            }
        }
    }
}

fn function_helpers(function: &mut Function, conditions: &mut Vec<TokenStream>, errors: &Errors) {
    let own = attrs::take_helpers(&mut function.attrs, conditions);
    let options = MethodOptions::parse(&own, errors);
    (function.mark, function.may_lose) = (options.attr, options.may_lose);
    if function.attrs.iter().any(attrs::is_own) {
        function.role = Role::AlreadyWrapped;
    }
}

/// Reports `#[traced]` on an item that takes no helper.
fn no_helper(helpers: &[syn::Attribute], instead: &str, errors: &Errors) {
    for helper in helpers {
        errors.at(helper.path(), format!("`#[traced]` does not go here: {instead}"));
    }
}
