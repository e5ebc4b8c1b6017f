//! The rules for pinned numbers and retired shapes. A number and a name have one meaning forever.

use std::collections::BTreeSet;

use syn::LitStr;

use crate::attr::legacy::Legacy;
use crate::attr::table::{Number, RESERVED_INDEX};
use crate::errors::Errors;
use crate::serde_enum::{Enum, Side, Variant};

/// Checks an enum with pinned numbers or retired shapes.
pub(super) fn pinned(of: &Enum<'_>, errors: &Errors) {
    every_variant_is_pinned(of, errors);
    numbers_once(of, errors);
    names_once(of, errors);
    for legacy in of.legacy {
        is_found(legacy, errors);
        was_there(legacy, errors);
    }
    the_oldest_first(of, errors);
}

/// Checks that every variant is pinned. A number that follows from the position would change with the position.
fn every_variant_is_pinned(of: &Enum<'_>, errors: &Errors) {
    let free = free(of);
    for variant in &of.variants {
        let Variant { item, options, .. } = variant;
        if variant.is_on_wire() {
            if options.index.is_none() {
                errors.at(
                    &item.ident,
                    format!(
                        "with `index`, `since` or `legacy`, each variant needs its number on the wire: write \
                         `#[traced(index = ..)]` on `{}` with the number that it has always had, or {free} if it is \
                         new",
                        item.ident
                    ),
                );
            }
        } else {
            for key in options.keys.iter().filter(|key| *key == "index" || *key == "since") {
                errors.at(
                    key,
                    format!("serde skips `{}`, so it is never on the wire: remove `{key}`", item.ident),
                );
            }
        }
    }
}

/// Checks that a number has a single meaning, now and forever.
fn numbers_once(of: &Enum<'_>, errors: &Errors) {
    let again = |number: &Number, whose: &str| {
        errors.at(
            &number.literal,
            format!(
                "number {} {whose}: choose one that no node has ever used, such as {}",
                number.value,
                free(of)
            ),
        );
    };
    let same = |number: &Number, other: &Option<Number>| {
        other.as_ref().is_some_and(|other| other.value == number.value)
    };
    for (at, variant) in of.variants.iter().enumerate() {
        let Some(number) = &variant.options.index else { continue };
        // With two `#[cfg]`s, one may replace the other.
        let certain = |other: &&Variant<'_>| !other.is_conditional() || !variant.is_conditional();
        if let Some(retired) = of.legacy.iter().find(|legacy| same(number, &legacy.index)) {
            again(number, &format!("was used by `{}`, and old nodes still read it as that", retired.text()));
        } else if let Some(other) =
            of.variants.iter().take(at).filter(certain).find(|other| same(number, &other.options.index))
        {
            again(number, &format!("is already used by `{}`", other.item.ident));
        }
    }
    for (at, legacy) in of.legacy.iter().enumerate() {
        let Some(number) = &legacy.index else { continue };
        if let Some(other) = of.legacy.iter().take(at).find(|other| same(number, &other.index)) {
            errors.at(
                &number.literal,
                format!(
                    "number {} was used by `{}` already: two shapes cannot have the same number",
                    number.value,
                    other.text()
                ),
            );
        }
    }
}

/// Checks that a name has a single meaning, too.
fn names_once(of: &Enum<'_>, errors: &Errors) {
    let is = |other: Option<&LitStr>, name: &LitStr| other.is_some_and(|other| other.value() == name.value());
    let names = |variant: &Variant<'_>| {
        let mut names = Vec::new();
        if variant.is_on(Side::Write) {
            names.push(variant.written.clone());
        }
        if variant.is_on(Side::Read) {
            names.push(variant.read.clone());
            names.extend(variant.attributes.texts("alias", Side::Read));
        }
        names
    };
    let find = |name: &LitStr| of.legacy.iter().find(|legacy| is(legacy.name.as_ref(), name));
    for (at, variant) in of.variants.iter().enumerate() {
        // The first of its names that is already in use.
        let taken = names(variant).into_iter().find_map(|name| {
            if let Some(retired) = find(&name) {
                return Some((
                    name,
                    format!("was used by `{}`, and old nodes still read it as that", retired.text()),
                ));
            }
            let others = of.variants.iter().take(at);
            let mut certain = others.filter(|other| !other.is_conditional() || !variant.is_conditional());
            let other = certain.find(|other| names(other).iter().any(|other| is(Some(other), &name)))?;
            Some((name, format!("is already used by `{}`", other.item.ident)))
        });
        if let Some((name, whose)) = taken {
            errors.push(syn::Error::new(
                name.span(),
                format!(
                    "on the wire, the name \"{}\" {whose}: choose another one, `#[serde(rename = \"..\")]`",
                    name.value()
                ),
            ));
        }
    }
    for (at, legacy) in of.legacy.iter().enumerate() {
        let Some(name) = &legacy.name else { continue };
        if let Some(other) = of.legacy.iter().take(at).find(|other| is(other.name.as_ref(), name)) {
            errors.at(
                name,
                format!(
                    "\"{}\" was the name of `{}` already: two shapes cannot have the same name",
                    name.value(),
                    other.text()
                ),
            );
        }
    }
}

/// Checks that a retired shape has a name or a number to be recognized by, and both if it is written.
fn is_found(legacy: &Legacy, errors: &Errors) {
    let (name, index) = (legacy.name.is_some(), legacy.index.is_some());
    if !name && !index {
        errors.at(
            &legacy.shape,
            "nothing identifies this shape on the wire: write the `name` that its variant had, its `index`, or both",
        );
    } else if let Some(downgrade) = &legacy.downgrade
        && !(name && index)
    {
        let missing = if name { "index = .." } else { "name = \"..\"" };
        errors.at(
            downgrade,
            format!("to be written for an older peer, a shape needs a name and a number: add `{missing}`"),
        );
    }
}

/// Checks that a shape belonged to some schema.
fn was_there(legacy: &Legacy, errors: &Errors) {
    let until = legacy.until();
    if let Some(since) = legacy.since.as_ref().filter(|since| since.value >= until) {
        errors.at(
            &since.literal,
            format!(
                "this shape begins with schema {} and ends with {until}: write the first schema without it, \
                 `until = {}` or later",
                since.value,
                since.value.saturating_add(1)
            ),
        );
    }
}

/// Checks that retired shapes are in order, the oldest first.
///
/// The first shape that a peer knows and that a message fits into is written.
fn the_oldest_first(of: &Enum<'_>, errors: &Errors) {
    for (above, legacy) in of.legacy.iter().zip(of.legacy.iter().skip(1)) {
        let (before, until) = (above.until(), legacy.until());
        if until < before {
            let span = legacy.until.as_ref().map_or_else(|| legacy.key.span(), |until| until.literal.span());
            errors.push(syn::Error::new(
                span,
                format!(
                    "the shape above ends with schema {before}, and this one ends with {until}: write the oldest \
                     first"
                ),
            ));
        }
    }
}

/// Returns a number that was never used here: the next one, or the first in a gap if there is none.
fn free(of: &Enum<'_>) -> String {
    let today = of.variants.iter().filter_map(|variant| variant.options.index.as_ref());
    let retired = of.legacy.iter().filter_map(|legacy| legacy.index.as_ref());
    let taken: BTreeSet<u32> = today.chain(retired).map(|number| number.value).collect();
    let next = taken.last().map_or(0, |last| last + 1);
    let free =
        if next < RESERVED_INDEX { Some(next) } else { (0..RESERVED_INDEX).find(|at| !taken.contains(at)) };
    free.map_or_else(|| "none, for all 127 are taken".to_owned(), |free| free.to_string())
}
