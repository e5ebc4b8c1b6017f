//! Reassembles the impl of a framework's trait, with some of its functions rewritten.

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

/// Returns the signature with plain names for the first parameters, these names, and bindings of the user's patterns.
///
/// The other parameters are not changed. Their patterns may also occur in the function.
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
            // It is dropped at the end of the message's work, like a parameter.
            Pat::Wild(_) => quote!(_argument),
            pattern => pattern.to_token_stream(),
        };
        let attrs = std::mem::take(&mut input.attrs);
        // As a parameter it was not a `let` binding.
        let unused = is_unused(&input.pat).then(|| quote!(#[allow(clippy::no_effect_underscore_binding)]));
        bindings.extend(quote!(#(#attrs)* #unused let #pattern = #name;));
        *input.pat = Pat::Verbatim(name.to_token_stream());
        names.push(name);
    }
    (sig, names, bindings)
}

/// Returns the user's block in a form that can follow other statements.
//
// The braces have the location of the user's, but are generated. rustc would call the user's own braces needless around
// a single expression.
pub(super) fn block(function: &Function) -> Group {
    let mut block = Group::new(Delimiter::Brace, function.statements());
    block.set_span(function.braces().resolved_at(Span::mixed_site()));
    block
}

/// Returns the contents of an `async` block that replaces the user's block and binds its parameters.
pub(super) fn in_future(function: &Function, output: &TokenStream, bindings: &TokenStream) -> TokenStream {
    let block = block(function);
    quote! {
        // Declares the output before the block is checked.
        if let ::core::option::Option::Some(output) = ::core::option::Option::None::<#output> {
            return output;
        }
        #bindings
        #block
    }
}

/// Returns whether a parameter's name says that it is not used.
fn is_unused(pattern: &Pat) -> bool {
    matches!(pattern, Pat::Ident(pattern) if pattern.ident.to_string().starts_with('_'))
}
