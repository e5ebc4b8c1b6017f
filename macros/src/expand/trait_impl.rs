//! The impl of a framework's trait, put together again with some of its functions rewritten.

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote};
use syn::{AttrStyle, Attribute, FnArg, Pat, Signature};

use crate::model::{Actor, Function};

/// Returns the impl with these members.
pub(super) fn whole(actor: &Actor, members: &TokenStream) -> TokenStream {
    let header = &actor.header;
    let (outer, inner): (Vec<&Attribute>, Vec<&Attribute>) =
        header.attrs.iter().partition(|attr| matches!(attr.style, AttrStyle::Outer));
    let of_trait = header.trait_.as_ref().map(|(path, for_token)| quote!(#path #for_token));
    let (generics, self_ty) = (&header.generics, &header.self_ty);
    let (defaultness, unsafety, impl_token) =
        (&header.modifiers.defaultness, &header.unsafety, &header.impl_token);
    let where_clause = &generics.where_clause;
    let mut tokens =
        quote!(#(#outer)* #defaultness #unsafety #impl_token #generics #of_trait #self_ty #where_clause);
    header.brace_token.surround(&mut tokens, |tokens| tokens.extend(quote!(#(#inner)* #members)));
    tokens
}

/// Returns the signature with plain names for the first parameters, the names, and what binds the user's patterns to them.
///
/// The others stay where they are; their patterns may stand in the function as well.
pub(super) fn plain_parameters(function: &Function, first: usize) -> (Signature, Vec<Ident>, TokenStream) {
    let mut sig = function.sig.clone();
    let mut names = Vec::new();
    let mut bindings = TokenStream::new();
    let typed = sig.inputs.iter_mut().filter_map(|input| match input {
        FnArg::Typed(input) => Some(input),
        FnArg::Receiver(_) => None,
    });
    for (at, input) in typed.take(first).enumerate() {
        let name = format_ident!("argument_{at}", span = Span::mixed_site());
        let pattern = match &*input.pat {
            // It is dropped where the message's work ends, as a parameter is.
            Pat::Wild(_) => quote!(_argument),
            pattern => pattern.to_token_stream(),
        };
        let attrs = std::mem::take(&mut input.attrs);
        // As a parameter it was no binding.
        let unused = is_unused(&input.pat).then(|| quote!(#[allow(clippy::no_effect_underscore_binding)]));
        bindings.extend(quote!(#(#attrs)* #unused let #pattern = #name;));
        *input.pat = Pat::Verbatim(name.to_token_stream());
        names.push(name);
    }
    (sig, names, bindings)
}

/// Returns the user's block, for a place behind statements of ours.
//
// The braces are where the user's are, but ours: rustc says of the user's own that they are needless around one expression.
pub(super) fn block(function: &Function) -> Group {
    let mut block = Group::new(Delimiter::Brace, function.statements());
    block.set_span(function.braces().resolved_at(Span::mixed_site()));
    block
}

/// Returns what stands in an `async` block for the user's: it returns what the function does, and binds its parameters.
pub(super) fn in_future(function: &Function, output: &TokenStream, bindings: &TokenStream) -> TokenStream {
    let block = block(function);
    quote! {
        // Says what the block returns before it is looked at.
        if let ::core::option::Option::Some(output) = ::core::option::Option::None::<#output> {
            return output;
        }
        #bindings
        #block
    }
}

/// Returns whether a parameter says by its name that nothing uses it.
fn is_unused(pattern: &Pat) -> bool {
    matches!(pattern, Pat::Ident(pattern) if pattern.ident.to_string().starts_with('_'))
}
