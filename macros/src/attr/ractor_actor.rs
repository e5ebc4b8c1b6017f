//! Moves `#[traced_actor(ractor)]` below ractor's `#[actor(..)]` on an inherent impl.
//!
//! ractor's attribute writes the impl of its trait, and puts the attributes below it on that impl.

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::{Attribute, ItemImpl, Path};

use crate::errors::Errors;
use crate::types;

/// The mark of an attribute that has been moved.
const MOVED: &str = "__moved";

/// Returns the arguments as the user wrote them, and whether the attribute was moved by [`Below::attribute`].
pub(crate) fn moved(args: &TokenStream) -> (TokenStream, bool) {
    let mut tokens = args.clone().into_iter();
    match tokens.next() {
        Some(TokenTree::Ident(first)) if first == MOVED => (tokens.skip(1).collect(), true),
        _ => (args.clone(), false),
    }
}

/// An inherent impl with ractor's attribute, and the position of that attribute.
pub(crate) struct Below {
    block: ItemImpl,
    at: usize,
}

impl Below {
    /// Reads the item. Returns `None` for any other item.
    pub(crate) fn take(item: &TokenStream, errors: &Errors) -> Option<Self> {
        let block: ItemImpl = syn::parse2(item.clone()).ok()?;
        let at = block.attrs.iter().position(is_actor).filter(|_| block.trait_.is_none())?;
        let ractor = &block.attrs[at];
        if types::mentions(ractor.meta.to_token_stream(), &["enum"]) {
            errors.at(
                ractor.path(),
                "no attribute can stand on an enum that ractor generates: write the enum of the messages, with \
                 `#[traced_actor(ractor)]` on it, and name it here, as in `message = Message`",
            );
        }
        Some(Self { block, at })
    }

    /// Returns the item with our attribute below ractor's.
    //
    // Input:  #[ractor::actor(message = Message)] impl Guild { .. }
    // Output: #[ractor::actor(message = Message)] #[traced_actor(__moved, ractor)] impl Guild { .. }
    pub(crate) fn attribute(&mut self, root: &Path, args: &TokenStream) -> TokenStream {
        let moved = quote::format_ident!("{MOVED}");
        self.block.attrs.insert(self.at + 1, syn::parse_quote!(#[#root::traced_actor(#moved, #args)]));
        self.block.to_token_stream()
    }
}

fn is_actor(attr: &Attribute) -> bool {
    attr.path().segments.last().is_some_and(|last| last.ident == "actor")
}
