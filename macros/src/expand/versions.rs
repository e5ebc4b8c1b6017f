//! Expands a function with `#[cfg]` on a parameter into several functions without.
//!
//! The name and the arguments of a call cannot depend on a condition.

use proc_macro2::TokenStream;
use syn::{Attribute, FnArg, GenericParam, parse_quote};

use crate::attrs;
use crate::model::{Function, Role};

// Input:  fn run<#[cfg(unix)] T>(..) { .. }
// Output: #[cfg(unix)] fn run<T>(..) { .. }  #[cfg(not(unix))] fn run(..) { .. }
pub(super) fn versions(function: &Function) -> Vec<Function> {
    let conditions = conditions(function);
    // The check allows only a few conditions, so there are only a few versions.
    let count = 1_usize << conditions.len();
    (0..count)
        .map(|version| {
            let holds: Vec<(String, bool)> = conditions
                .iter()
                .enumerate()
                .map(|(at, (text, _))| (text.clone(), version >> at & 1 == 1))
                .collect();
            let mut function = under(function, &holds);
            for ((_, condition), (_, holds)) in conditions.iter().zip(holds) {
                function.attrs.push(if holds {
                    parse_quote!(#[cfg(#condition)])
                } else {
                    parse_quote!(#[cfg(not(#condition))])
                });
            }
            function
        })
        .collect()
}

/// Returns the distinct conditions on parameters, including generic ones.
fn conditions(function: &Function) -> Vec<(String, TokenStream)> {
    let generics = function.sig.generics.params.iter().map(generic_attrs);
    let inputs = function.sig.inputs.iter().map(input_attrs);
    let mut found: Vec<(String, TokenStream)> = Vec::new();
    for condition in generics.chain(inputs).flat_map(attrs::conditions) {
        let text = condition.to_string();
        if found.iter().all(|(other, _)| *other != text) {
            found.push((text, condition));
        }
    }
    found
}

/// Returns the function for the case that these conditions hold, or do not.
fn under(function: &Function, holds: &[(String, bool)]) -> Function {
    let mut function = function.clone();
    let is_there = |attributes: &[Attribute]| {
        attrs::conditions(attributes).iter().all(|condition| {
            let text = condition.to_string();
            holds.iter().all(|(other, holds)| *other != text || *holds)
        })
    };
    let params = std::mem::take(&mut function.sig.generics.params);
    function.sig.generics.params = params
        .into_iter()
        .filter(|param| is_there(generic_attrs(param)))
        .map(|mut param| {
            match &mut param {
                GenericParam::Lifetime(param) => attrs::drop_cfg(&mut param.attrs),
                GenericParam::Type(param) => attrs::drop_cfg(&mut param.attrs),
                GenericParam::Const(param) => attrs::drop_cfg(&mut param.attrs),
            }
            param
        })
        .collect();
    let mut at = 0;
    let mut removed = Vec::new();
    let inputs = std::mem::take(&mut function.sig.inputs);
    function.sig.inputs = inputs
        .into_iter()
        .filter(|input| {
            let keep = is_there(input_attrs(input));
            if !keep {
                removed.push(at);
            }
            at += 1;
            keep
        })
        .map(|mut input| {
            match &mut input {
                FnArg::Receiver(receiver) => attrs::drop_cfg(&mut receiver.attrs),
                FnArg::Typed(input) => attrs::drop_cfg(&mut input.attrs),
            }
            input
        })
        .collect();
    if let Role::Handler(mailbox) = &mut function.role {
        if removed.contains(&mailbox.input) {
            function.role = Role::Plain;
        } else {
            mailbox.input -= removed.iter().filter(|at| **at < mailbox.input).count();
        }
    }
    function
}

fn generic_attrs(param: &GenericParam) -> &[Attribute] {
    match param {
        GenericParam::Lifetime(param) => &param.attrs,
        GenericParam::Type(param) => &param.attrs,
        GenericParam::Const(param) => &param.attrs,
    }
}

fn input_attrs(input: &FnArg) -> &[Attribute] {
    match input {
        FnArg::Receiver(receiver) => &receiver.attrs,
        FnArg::Typed(input) => &input.attrs,
    }
}
