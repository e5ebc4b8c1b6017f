//! Takes the helper attributes out of an item, and notes what they say beside the syntax.

use crate::args::Target;
use crate::attrs;
use crate::errors::Errors;
use crate::helper::{KindOptions, Mark};
use crate::legacy::Legacy;
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

/// Reads and removes every helper attribute. Nothing may come before this: a helper that is left
/// behind by a failed check would be an error of its own.
pub(crate) fn take(item: &mut Item, errors: &Errors) {
    match item {
        Item::Message(message) => message_helpers(message, errors),
        Item::Actor(actor) => {
            let own = attrs::take_helpers(&mut actor.header.attrs);
            no_helper(&own, "an `impl` block takes its options in `#[traced_actor(..)]`", errors);
            actor.functions_mut().for_each(|function| function_helpers(function, errors));
        }
        Item::Function(function) => function_helpers(function, errors),
        Item::Module(module) => {
            let own = attrs::take_helpers(&mut module.attrs);
            no_helper(&own, "a module takes its options in `#[traced_actor(..)]`", errors);
            module.items.iter_mut().for_each(|item| take(item, errors));
        }
        Item::Other(_) => {}
    }
}

fn message_helpers(message: &mut Message, errors: &Errors) {
    const ON_FIELD: &str = "a field is recorded by its name in `fields(..)` on the variant or struct";
    match &mut message.data {
        Data::Enum(item) => {
            no_hidden_helper(&mut item.attrs, errors);
            let own = attrs::take_helpers(&mut item.attrs);
            message.traced |= !own.is_empty();
            message.legacy = Legacy::parse_all(&own, errors);
            for (variant, kind) in item.variants.iter_mut().zip(&mut message.kinds) {
                no_hidden_helper(&mut variant.attrs, errors);
                *kind = KindOptions::of_variant(&attrs::take_helpers(&mut variant.attrs), errors);
                message.traced |= kind.present;
                for field in &mut variant.fields {
                    no_helper(&attrs::take_helpers(&mut field.attrs), ON_FIELD, errors);
                }
            }
        }
        Data::Struct(item) => {
            no_hidden_helper(&mut item.attrs, errors);
            for kind in &mut message.kinds {
                *kind = KindOptions::of_struct(&attrs::take_helpers(&mut item.attrs), errors);
                message.traced |= kind.present;
            }
            for field in &mut item.fields {
                no_helper(&attrs::take_helpers(&mut field.attrs), ON_FIELD, errors);
            }
        }
    }
}

fn function_helpers(function: &mut Function, errors: &Errors) {
    no_hidden_helper(&mut function.attrs, errors);
    let own = attrs::take_helpers(&mut function.attrs);
    function.mark = Mark::parse(&own, errors);
    if function.attrs.iter().any(attrs::is_own) {
        function.role = Role::Settled;
    }
}

/// `#[traced]` on an item that takes no helper, and helpers that `cfg_attr` hides.
fn no_helper(helpers: &[syn::Attribute], instead: &str, errors: &Errors) {
    for helper in helpers {
        errors.at(helper.path(), format!("`#[traced]` does not go here: {instead}"));
    }
}

/// An attribute behind `cfg_attr` is seen by rustc alone.
fn no_hidden_helper(attributes: &mut Vec<syn::Attribute>, errors: &Errors) {
    for hidden in attributes.iter().filter_map(attrs::hides_helper) {
        errors.at(
            hidden,
            "`#[traced]` inside `cfg_attr` comes too late to be seen: write it without, or two versions of the item",
        );
    }
    // rustc would not find the attribute either, and say so in its own words.
    attributes.retain(|attr| attrs::hides_helper(attr).is_none());
}
