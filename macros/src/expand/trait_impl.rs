//! Reassembles the impl of a framework's trait, with some of its functions rewritten.

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote};
use syn::{AttrStyle, Attribute, FnArg, Pat, Signature};

use crate::model::{Actor, Function};
use crate::types;

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

/// A handler whose work is run by a function of the framework's crate, in the span of its message.
pub(super) struct Handler {
    function: Function,
    sig: Signature,
    /// `.await`, if the handler stays an `async fn`.
    wait: Option<TokenStream>,
    /// The names of the first two parameters.
    pub(super) names: [Ident; 2],
    pub(super) output: TokenStream,
    /// The contents of an `async` block that does the user's work.
    pub(super) work: TokenStream,
}

impl Handler {
    /// Reads a handler whose future has these bounds. Returns `None` if it has fewer than two parameters.
    //
    // A future within an `async fn` would hold the message twice, and frameworks move it. If another attribute reads the
    // function, it stays an `async fn`.
    pub(super) fn new(function: &Function, actor: &Actor, bounds: &TokenStream) -> Option<Self> {
        let function = as_async(function);
        let (mut sig, names, bindings) = plain_parameters(&function, actor, 2);
        let names = names.try_into().ok()?;
        let output = types::output(&sig.output);
        let work = in_future(&function, &output, &bindings);
        let wait = is_read_by_others(&function, actor).then(|| quote!(.await));
        if wait.is_none() {
            sig.asyncness = None;
            sig.output = syn::parse_quote!(-> impl ::core::future::Future<Output = #output> #bounds);
        }
        Some(Self { function, sig, wait, names, output, work })
    }

    /// Returns the handler with a body, whose last expression is the future that does the work.
    pub(super) fn with(&self, body: &TokenStream) -> TokenStream {
        let wait = &self.wait;
        self.function.rewritten(&self.sig, quote!(#body #wait))
    }
}

/// Returns the function with a statement before the user's block, made from the names of that many parameters.
//
// Input:  async fn on_start(args: Self::Args, actor_ref: ActorRef<Self>) -> .. { .. }
// Output: async fn on_start(argument_0: Self::Args, argument_1: ActorRef<Self>) -> .. {
//             __private::started(argument_1.id());
//             let args = argument_0;
//             let actor_ref = argument_1;
//             { .. }
//         }
pub(super) fn with_first(
    function: &Function,
    actor: &Actor,
    parameters: usize,
    first: impl FnOnce(&[Ident]) -> Option<TokenStream>,
) -> TokenStream {
    let (sig, names, bindings) = plain_parameters(function, actor, parameters);
    let (first, block) = (first(&names), block(function));
    function.rewritten(&sig, quote!(#first #bindings #block))
}

/// Returns whether a foreign attribute may depend on how the function is written.
///
/// Examples are `async_trait` and `instrument`.
fn is_read_by_others(function: &Function, actor: &Actor) -> bool {
    const OF_THE_COMPILER: [&str; 11] = [
        "allow",
        "automatically_derived",
        "cfg",
        "deny",
        "deprecated",
        "doc",
        "expect",
        "forbid",
        "inline",
        "must_use",
        "warn",
    ];
    let mut attrs = actor.header.attrs.iter().chain(&function.attrs);
    attrs.any(|attr| !OF_THE_COMPILER.iter().any(|known| attr.path().is_ident(known)))
}

/// Returns the function as an `async fn`, if it returns an `impl Future`.
//
// Input:  fn handle(&mut self, join: Join, ..) -> impl Future<Output = u64> + Send { .. }
// Output: async fn handle(&mut self, join: Join, ..) -> u64 { let work = move || { .. }; work().await }
pub(super) fn as_async(function: &Function) -> Function {
    let mut function = function.clone();
    let output = function.sig.asyncness.is_none().then(|| types::future_output(&function.sig.output));
    if let Some(output) = output.flatten() {
        let (block, work) = (block(&function), Ident::new("work", Span::mixed_site()));
        let mut body = Group::new(Delimiter::Brace, quote!(let #work = move || #block; #work().await));
        body.set_span(function.braces());
        function.body = TokenTree::Group(body);
        function.sig.asyncness = Some(syn::Token![async](function.sig.fn_token.span));
        function.sig.output = syn::parse_quote!(-> #output);
    }
    function
}

/// Returns the signature with plain names for the first parameters, these names, and bindings of the user's patterns.
///
/// The other parameters are not changed. Their patterns may also occur in the function. Neither are names that a foreign
/// attribute may refer to.
pub(super) fn plain_parameters(
    function: &Function,
    actor: &Actor,
    first: usize,
) -> (Signature, Vec<Ident>, TokenStream) {
    let is_read = is_read_by_others(function, actor);
    let mut sig = function.sig.clone();
    let mut names = Vec::new();
    let mut bindings = TokenStream::new();
    let typed = sig.inputs.iter_mut().filter_map(|input| match input {
        FnArg::Typed(input) => Some(input),
        FnArg::Receiver(_) => None,
    });
    for (at, input) in typed.take(first).enumerate() {
        if let Some(name) = plain_name(&input.pat).filter(|_| is_read) {
            names.push(name);
            continue;
        }
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

/// Returns the name of a parameter whose pattern is only a name. Lints ignore the result.
fn plain_name(pattern: &Pat) -> Option<Ident> {
    match pattern {
        Pat::Ident(pattern) if pattern.by_ref.is_none() && pattern.subpat.is_none() => {
            let mut name = pattern.ident.clone();
            // With this span, it is the attribute that uses the name.
            name.set_span(Span::call_site());
            Some(name)
        }
        _ => None,
    }
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
