//! Messages that are named by their types: `by_type(..)` in the attribute of their actor.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{Attribute, GenericParam, Generics, Type, WherePredicate};

use crate::attr::actor::Args;
use crate::attrs::cfg;
use crate::types;

// Input:  by_type(Said, Row<T>, dyn Work)
// Output: impl Message for Said { fn kind(&self) -> &'static Kind { const { &Kind::new("Said") } } }
//         impl<T> Message for Row<T> { .. }
//         impl Message for dyn Work { .. }
//
// `generics` are those of the item with the attribute.
pub(super) fn implementations(args: &Args, generics: &Generics, attrs: &[Attribute]) -> TokenStream {
    let root = &args.root;
    let cfg = cfg(attrs);
    let of = |ty: &Type| {
        let name = types::plain(types::named(ty)?);
        let generics = mentioned(generics, ty);
        let (params, _, conditions) = generics.split_for_impl();
        Some(quote! {
            #cfg
            #[allow(non_local_definitions)]
            #[automatically_derived]
            impl #params #root::Message for #ty #conditions {
                fn kind(&self) -> &'static #root::Kind {
                    const { &#root::Kind::new(#name) }
                }
            }
        })
    };
    args.messages.iter().filter_map(of).collect()
}

/// Returns the parameters that a type mentions, and the conditions on them alone.
fn mentioned(generics: &Generics, ty: &Type) -> Generics {
    let mut kept = generics.clone();
    let is_in = |tokens: TokenStream, param: &GenericParam| {
        let name = match param {
            GenericParam::Type(param) => &param.ident,
            GenericParam::Const(param) => &param.ident,
            GenericParam::Lifetime(param) => &param.lifetime.ident,
        };
        types::mentions(tokens, &[&name.to_string()])
    };
    let (keep, drop): (Vec<_>, Vec<_>) =
        std::mem::take(&mut kept.params).into_iter().partition(|param| is_in(ty.to_token_stream(), param));
    kept.params = keep.into_iter().collect();
    if let Some(conditions) = &mut kept.where_clause {
        let predicates = std::mem::take(&mut conditions.predicates).into_iter();
        let of_kept = |of: &WherePredicate| !drop.iter().any(|param| is_in(of.to_token_stream(), param));
        conditions.predicates = predicates.filter(of_kept).collect();
    }
    kept
}
