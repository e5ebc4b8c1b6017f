//! An enum in the form in which serde's derive writes and reads it. `check` checks it, and `expand` generates code from
//! it.

mod attributes;
mod bounds;
mod rename;

use proc_macro2::TokenTree;
use quote::ToTokens;
use syn::{Attribute, Ident, ItemEnum, LitStr, Path};

use crate::attr::kind::KindOptions;
use crate::attr::legacy::Legacy;
use crate::attrs;
use crate::model::{Data, Message};
use crate::types;

pub(crate) use attributes::{Attributes, Side};
pub(crate) use bounds::{borrowed, predicates};

/// The enum.
pub(crate) struct Enum<'a> {
    pub(crate) item: &'a ItemEnum,
    /// The visible derives, as written.
    pub(crate) derives: Vec<Path>,
    pub(crate) attributes: Attributes,
    pub(crate) variants: Vec<Variant<'a>>,
    pub(crate) legacy: &'a [Legacy],
}

/// A variant.
pub(crate) struct Variant<'a> {
    pub(crate) item: &'a syn::Variant,
    pub(crate) options: &'a KindOptions,
    pub(crate) attributes: Attributes,
    /// serde's name for it when it is written. The default is the identifier.
    pub(crate) written: LitStr,
    pub(crate) read: LitStr,
}

impl<'a> Enum<'a> {
    /// Returns the enum, or `None` for a struct.
    pub(crate) fn of(message: &'a Message) -> Option<Self> {
        let (Data::Enum(item), None) = (&message.data, &message.unread) else { return None };
        let attributes = Attributes::of(&item.attrs);
        let variants = item.variants.iter().zip(&message.kinds);
        let variants = variants.map(|(item, options)| Variant::of(item, options, &attributes)).collect();
        let derives = item.attrs.iter().flat_map(attrs::derives).filter(is_serde).collect();
        Some(Self { item, derives, attributes, variants, legacy: &message.legacy })
    }

    /// Returns whether anything pins it to the wire.
    pub(crate) fn is_pinned(&self) -> bool {
        !self.legacy.is_empty() || self.variants.iter().any(Variant::is_pinned)
    }

    /// Returns the keys that pin it, with their locations.
    pub(crate) fn pins(&self) -> impl Iterator<Item = &Ident> {
        let variants = self.variants.iter().flat_map(|variant| &variant.options.keys);
        let on_variants = variants.filter(|key| *key == "index" || *key == "since");
        self.legacy.iter().map(|legacy| &legacy.key).chain(on_variants)
    }

    pub(crate) fn derives(&self, side: Side) -> bool {
        self.derives.iter().any(|path| path.segments.last().is_some_and(|last| last.ident == side.name()))
    }

    /// Returns the enum's name on the wire, for formats that have one.
    pub(crate) fn name(&self) -> LitStr {
        self.attributes.text("rename", Side::Read).unwrap_or_else(|| types::plain(&self.item.ident))
    }
}

impl<'a> Variant<'a> {
    fn of(item: &'a syn::Variant, options: &'a KindOptions, outer: &Attributes) -> Self {
        let attributes = Attributes::of(&item.attrs);
        let name = |side| {
            attributes.text("rename", side).unwrap_or_else(|| {
                let plain = types::plain(&item.ident);
                let rule = outer.text("rename_all", side).map(|rule| rule.value());
                LitStr::new(&rename::variant(&plain.value(), rule.as_deref()), plain.span())
            })
        };
        let (written, read) = (name(Side::Write), name(Side::Read));
        Self { item, options, attributes, written, read }
    }

    fn is_pinned(&self) -> bool {
        self.options.index.is_some() || self.options.since.is_some()
    }

    /// Returns whether serde writes, or reads, it at all.
    pub(crate) fn is_on(&self, side: Side) -> bool {
        !self.attributes.skips(side)
    }

    /// Returns whether it is on the wire at all.
    pub(crate) fn is_on_wire(&self) -> bool {
        self.is_on(Side::Write) || self.is_on(Side::Read)
    }

    /// Returns whether a `#[cfg]` may remove it.
    pub(crate) fn is_conditional(&self) -> bool {
        !crate::attrs::cfg(&self.item.attrs).is_empty()
    }
}

/// Returns whether a derive is one of serde's two: by its bare name, or by a path through a crate named serde.
pub(crate) fn is_serde(derive: &Path) -> bool {
    let last = derive.segments.last().map(|last| last.ident.to_string()).unwrap_or_default();
    let of_serde = |name: &Ident| name.to_string().contains("serde");
    (last == "Serialize" || last == "Deserialize")
        && (derive.segments.len() == 1 || derive.segments.iter().any(|segment| of_serde(&segment.ident)))
}

/// Returns what a `#[cfg_attr(..)]` hides of serde: `serde(..)`, or one of its derives.
pub(crate) fn hidden(attr: &Attribute) -> Option<Ident> {
    if !attr.path().is_ident("cfg_attr") {
        return None;
    }
    types::find(attr.meta.to_token_stream(), &mut |token, next| match (token, next) {
        (TokenTree::Ident(ident), _) if ident == "Serialize" || ident == "Deserialize" => Some(ident.clone()),
        (TokenTree::Ident(ident), Some(TokenTree::Group(_))) if ident == "serde" => Some(ident.clone()),
        _ => None,
    })
}
