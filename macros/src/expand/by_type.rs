//! Messages that are named by their types: `by_type(..)` in the attribute of their actor.

use proc_macro2::TokenStream;
use quote::quote;
use syn::Attribute;

use crate::attr::actor::Args;
use crate::attrs::cfg;
use crate::types;

// Input:  by_type(Said)
// Output: impl Message for Said { fn kind(&self) -> &'static Kind { const { &Kind::new("Said") } } }
pub(super) fn implementations(args: &Args, attrs: &[Attribute]) -> TokenStream {
    let root = &args.root;
    let cfg = cfg(attrs);
    let of = |path: &syn::Path| {
        let name = types::plain(&path.segments.last()?.ident);
        Some(quote! {
            #cfg
            #[allow(non_local_definitions)]
            #[automatically_derived]
            impl #root::Message for #path {
                fn kind(&self) -> &'static #root::Kind {
                    const { &#root::Kind::new(#name) }
                }
            }
        })
    };
    args.messages.iter().filter_map(of).collect()
}
