//! The rules for the wire: the envelope's reserved name and number, and the form in which serde writes.

use syn::LitStr;

use crate::attr::table::{RESERVED_INDEX, RESERVED_NAME};
use crate::errors::Errors;
use crate::model::Message;
use crate::serde_enum::{self, Attributes, Enum, Side};

/// Checks a message.
pub(super) fn message(message: &Message, errors: &Errors) {
    let Some(of) = Enum::of(message) else { return };
    reserved_names(&of, errors);
    if !of.is_pinned() {
        too_many(&of, errors);
        return;
    }
    derives_are_seen(&of, errors);
    nothing_is_hidden(&of, errors);
    is_tagged_by_variant(&of, errors);
    borrows_what_lives(&of, errors);
    super::indices::pinned(&of, errors);
}

/// Checks that no variant has the envelope's name `__traced`.
fn reserved_names(of: &Enum<'_>, errors: &Errors) {
    let reserved = |name: &LitStr| name.value() == RESERVED_NAME;
    for variant in &of.variants {
        let mut names = vec![&variant.written, &variant.read];
        let aliases = variant.attributes.texts("alias", Side::Read);
        names.extend(&aliases);
        if let Some(name) = names.into_iter().find(|name| reserved(name)) {
            errors.push(syn::Error::new(
                name.span(),
                "the name `__traced` is reserved for envelopes on the wire: rename this variant",
            ));
        }
    }
    for name in of.legacy.iter().filter_map(|legacy| legacy.name.as_ref()).filter(|name| reserved(name)) {
        errors.at(
            name,
            "the name `__traced` is reserved for envelopes on the wire: no older shape can have it",
        );
    }
}

/// Checks the number of variants. serde numbers them by position, and 127 belongs to the envelope.
fn too_many(of: &Enum<'_>, errors: &Errors) {
    let seen = !of.derives.is_empty() || of.item.attrs.iter().any(|attr| serde_enum::hidden(attr).is_some());
    let certain = of.variants.iter().filter(|variant| !variant.is_conditional());
    if seen && let Some(variant) = certain.into_iter().nth(RESERVED_INDEX as usize) {
        errors.at(
            &variant.item.ident,
            "this enum has too many variants: on the wire, number 127 is reserved for envelopes, so there can be \
             at most 127; move some of them into another enum that is the content of one variant",
        );
    }
}

/// Checks that serde's derives have not run yet, since pinned numbers change what they generate.
fn derives_are_seen(of: &Enum<'_>, errors: &Errors) {
    let hidden = of.item.attrs.iter().any(|attr| serde_enum::hidden(attr).is_some());
    if of.derives.is_empty() && !hidden {
        for key in of.pins().take(1) {
            errors.at(
                key,
                format!(
                    "`{key}` needs serde's derive on the enum, and there is none below `#[traced_actor]`: move \
                     `#[traced_actor]` above `#[derive(Serialize, Deserialize)]`"
                ),
            );
        }
    }
}

/// Reports serde's attributes in a `cfg_attr` on the enum or a variant.
///
/// They decide about names and numbers, and only rustc sees them.
fn nothing_is_hidden(of: &Enum<'_>, errors: &Errors) {
    let variants = of.variants.iter().flat_map(|variant| &variant.item.attrs);
    for ident in of.item.attrs.iter().chain(variants).filter_map(serde_enum::hidden) {
        errors.at(
            &ident,
            format!(
                "`{ident}` in `cfg_attr` takes effect too late for variant numbers: write it without `cfg_attr`, \
                 or write two versions of the item, each with its `#[cfg]`"
            ),
        );
    }
}

const TAGGED: &str = "does not work with variant numbers and retired shapes: remove it, or remove `index`, \
 `since` and \
                      `legacy`, send the message in a `Sidecar`, and read older shapes with serde's `alias` and \
                      `default`";

const CONVERTED: &str = "puts another type on the wire: annotate that type, and convert the message after it is \
 received";

/// Checks that the enum is externally tagged. Only that form has a number and a name for each variant.
fn is_tagged_by_variant(of: &Enum<'_>, errors: &Errors) {
    let refuse = |attributes: &Attributes, keys: &[&str], why: &str| {
        for key in keys.iter().filter_map(|key| attributes.find(key)) {
            errors.at(key, format!("`{key}` {why}"));
        }
    };
    refuse(&of.attributes, &["tag", "content", "untagged", "variant_identifier", "field_identifier"], TAGGED);
    refuse(&of.attributes, &["from", "try_from", "into", "remote"], CONVERTED);
    for variant in &of.variants {
        refuse(&variant.attributes, &["untagged"], TAGGED);
    }
}

/// Checks that fields borrow only from the input, which does not live forever.
fn borrows_what_lives(of: &Enum<'_>, errors: &Errors) {
    if !of.derives(Side::Read) {
        return;
    }
    for lifetime in serde_enum::borrowed(of).iter().filter(|lifetime| lifetime.ident == "static") {
        errors.at(
            lifetime,
            "this type cannot be read from the wire, because it borrows for `'static`: write `String`, `Vec<u8>` \
             or `Cow<'static, ..>`, or give the \
             enum a lifetime",
        );
    }
}
