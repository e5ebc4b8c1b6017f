//! Generates wrappers: functions with the user's name that call the user's body under a reserved name.

use proc_macro2::{Delimiter, Group, Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::{FnArg, GenericParam, Ident, Pat, ReturnType, Signature, Token, Type};

use super::by_type;
use crate::attr::actor::Args;
use crate::attrs;
use crate::model::{Assumed, Function, Lost, MessageInput, Place, SpecialLoop};
use crate::types::{self, Form, Returned};

/// A wrapper, and the function beside it that keeps the user's body, unless that one is nested.
pub(super) struct Wrapped {
    pub(super) outer: TokenStream,
    pub(super) beside: Option<TokenStream>,
    /// The name of the function with the body.
    pub(super) inner: String,
}

// Input:  pub async fn run(mut self) -> Result<(), Error> { .. }
// Output: pub async fn run(self) -> Result<(), Error> {
//             __private::run(const { .. }, Loop { .. }, self.__traced_run(), |output| ..).await
//         }
//         async fn __traced_run(mut self) -> Result<(), Error> { .. }
pub(super) fn receive_loop(function: &Function, args: &Args, name: Option<&Ident>) -> Wrapped {
    let root = &args.root;
    let options = options(args, name);
    let parts = if function.alone { Parts::in_place(function) } else { Parts::new(function) };
    let call = parts.call(args);
    let sig = &function.sig;
    let SpecialLoop { shares_mailbox, continues } = function.special;
    let of_loop = quote!(#root::__private::Loop { shares: #shares_mailbox, continues: #continues });
    let body = if sig.asyncness.is_some() {
        let (traits, failure) = failure(sig, args);
        let run = tail(sig, &quote!(#root::__private::run(#options, #of_loop, #call, #failure).await));
        quote!(#traits #run)
    } else {
        let flow = local("flow");
        let ended = ended(sig, args, &call, &quote!(#flow.end));
        quote! {
            let #flow = #root::__private::enter(#options, #of_loop);
            #ended
        }
    };
    parts.assemble(&body, args)
}

// Input:  async fn handle(&mut self, message: Message) -> Result<(), Error> { .. }
// Output: fn handle(&mut self, message: impl Into<Envelope<Message>>) -> impl Future<Output = Result<(), Error>> {
//             let (message, claimed) = __private::claim(.., message, ..);
//             __private::handler(claimed, self.__traced_handle(message), |output| ..)
//         }
//         async fn __traced_handle(&mut self, message: Message) -> Result<(), Error> { .. }
//
// Input:  fn handle(&mut self, message: Message) -> impl Future<Output = Result<(), Error>> { .. }
// Output: fn handle(&mut self, message: impl Into<Envelope<Message>>) -> impl Future<Output = Result<(), Error>> {
//             let (message, claimed) = __private::claim(.., message, ..);
//             let mut handling = __private::handling(claimed);
//             let future = { let _entered = handling.enter(); self.__traced_handle(message) };
//             return __private::handler_after(handling, future, |output| ..);
//         }
//         fn __traced_handle(&mut self, message: Message) -> impl Future<Output = Result<(), Error>> { .. }
//
// The message is claimed when the handler is called, and not when its future is polled. By then, the loop may have
// received the next one.
pub(super) fn handler(
    function: &Function,
    mailbox: &MessageInput,
    args: &Args,
    name: Option<&Ident>,
) -> Wrapped {
    let root = &args.root;
    let private = quote!(#root::__private);
    let options = options(args, name);
    let ty = &mailbox.message;
    // Locals of the macro. Neither can be one of the user's parameters.
    let (message, claimed) = (local("message"), local("claimed"));
    // Without a message there is nothing to claim.
    let optional = mailbox.form == Form::Option;

    let mut parts = Parts::new(function);
    let argument = parts.take_envelope(mailbox, &message, args);
    let call = parts.call(args);
    let sig = &function.sig;
    let run = if sig.asyncness.is_some() {
        let (traits, failure) = failure(sig, args);
        let future = if optional {
            quote!(#private::handler_of_some(#claimed.map(#private::handling), #call, #failure))
        } else {
            quote!(#private::handler(#claimed, #call, #failure))
        };
        if types::is_never(&sig.output) {
            // `!` cannot be named as a future's output.
            quote!(#traits #future.await)
        } else {
            parts.return_future();
            quote!(#traits return #future;)
        }
    } else if types::returned_future(&sig.output) == Some(Returned::Future) {
        let (traits, failure) = failure_of_output(args);
        // Code that runs before the future also belongs to the handler.
        let (handling, entered, future) = (local("handling"), local("_entered"), local("future"));
        let (span, enter, handler) = if optional {
            let enter = quote!(#handling.as_mut().map(#private::MessageSpan::enter));
            (quote!(#claimed.map(#private::handling)), enter, quote!(handler_of_some))
        } else {
            (quote!(#private::handling(#claimed)), quote!(#handling.enter()), quote!(handler_after))
        };
        quote! {
            #traits
            let mut #handling = #span;
            let #future = { let #entered = #enter; #call };
            return #private::#handler(#handling, #future, #failure);
        }
    } else {
        let handling = local("handling");
        let entered = local("_entered");
        let run = quote!({ let #entered = #handling.enter(); #call });
        let ended = if types::is_unit(&sig.output) || types::is_never(&sig.output) {
            ended(sig, args, &run, &quote!(#handling.end))
        } else {
            // It may be a boxed future, under any name. The type tells, and the tokens do not.
            let (traits, failure) = failure_of_output(args);
            let output = local("output");
            quote! {
                #traits
                let #output = #private::Output(#run);
                return #output.settle(#handling, #failure);
            }
        };
        let some = optional.then(|| {
            let none = tail(sig, &call);
            let end = types::is_unit(&sig.output).then(|| quote!(return;));
            quote!(let ::core::option::Option::Some(#claimed) = #claimed else { #none #end };)
        });
        quote!(#some let mut #handling = #private::handling(#claimed); #ended)
    };
    let claim = if optional { quote!(claim_some) } else { quote!(claim) };
    parts.assemble(
        &quote! {
            let (#message, #claimed) = #private::#claim(
                #options,
                #argument,
                { use #private::traits::*; (&#private::Describe::<#ty>::new()).describe() },
            );
            #run
        },
        args,
    )
}

/// Returns the traits and the closure that find the failure in an output.
fn failure(sig: &Signature, args: &Args) -> (Option<TokenStream>, TokenStream) {
    if types::is_unit(&sig.output) || types::is_never(&sig.output) {
        return (None, quote!(|_| ::core::option::Option::None));
    }
    failure_of_output(args)
}

/// Returns the same for an output of unknown type.
fn failure_of_output(args: &Args) -> (Option<TokenStream>, TokenStream) {
    let private = &args.root;
    let output = local("output");
    (
        Some(quote!(use #private::__private::traits::*;)),
        quote!(|#output| (&&&#private::__private::Outcome(#output)).failure()),
    )
}

/// Returns the last statement of a wrapper. It has a `return`, because some lints ask for it.
fn tail(sig: &Signature, value: &TokenStream) -> TokenStream {
    if types::is_unit(&sig.output) {
        quote!(#value;)
    } else if types::is_never(&sig.output) {
        value.clone()
    } else {
        quote!(return #value;)
    }
}

/// Runs a function that is not asynchronous, and passes its failure to `end`.
fn ended(sig: &Signature, args: &Args, run: &TokenStream, end: &TokenStream) -> TokenStream {
    let root = &args.root;
    if types::is_never(&sig.output) {
        run.clone()
    } else if types::is_unit(&sig.output) {
        quote!(#run; #end(::core::option::Option::None);)
    } else {
        let output = local("output");
        quote! {
            let #output = #run;
            #end({ use #root::__private::traits::*; (&&&#root::__private::Outcome(&#output)).failure() });
            return #output;
        }
    }
}

// Output: const { &::traced_actor::Options::new().name("Guild") }
fn options(args: &Args, name: Option<&Ident>) -> TokenStream {
    let options = args.options(name);
    quote!(const { &#options })
}

// Output: const _: () = ::traced_actor::lost_context::tokio_spawn();
//
// The function is deprecated, and its note is the warning.
fn lost(function: &Function, args: &Args) -> TokenStream {
    let root = &args.root;
    let warning = |lost: &Lost| {
        let span = lost.span.resolved_at(Span::call_site());
        let name = Ident::new(lost.warning, span);
        quote_spanned!(span=> const _: () = #root::lost_context::#name();)
    };
    function.lost.iter().map(warning).collect()
}

// Output: const _: fn() = ::traced_actor::__private::carries_trace::<tokio::sync::mpsc::Receiver<()>>;
//
// Or, if the channels of others carry the trace:
// Output: const _: () = {
//             use ::traced_actor::__private::traits::*;
//             ::traced_actor::__private::carries_none(::traced_actor::__private::Channel::<..>::CARRIES_TRACE);
//         };
fn assumed(function: &Function, args: &Args) -> Option<TokenStream> {
    let Assumed { receiver, carries_trace } = function.assumed.as_ref()?;
    let private = &args.root;
    let first = receiver.segments.first()?.ident.span().resolved_at(Span::call_site());
    Some(if *carries_trace {
        quote_spanned!(first=> const _: fn() = #private::__private::carries_trace::<#receiver>;)
    } else {
        quote_spanned! {first=>
            const _: () = {
                use #private::__private::traits::*;
                #private::__private::carries_none(#private::__private::Channel::<#receiver>::CARRIES_TRACE);
            };
        }
    })
}

// Output: if false {
//             use ::traced_actor::__private::traits::*;
//             (&self.inbox).loses_trace();
//         }
//
// The method is deprecated for channels of tokio's and std's own, and the note is the warning.
fn plain(function: &Function, args: &Args) -> Option<TokenStream> {
    // An assumed message type is already an error.
    let Place { tokens, at } = function.place.as_ref().filter(|_| function.assumed.is_none())?;
    let root = &args.root;
    let method = Ident::new("loses_trace", at.resolved_at(Span::call_site()));
    Some(quote! {
        if false {
            use #root::__private::traits::*;
            (&#tokens).#method();
        }
    })
}

fn local(name: &str) -> Ident {
    Ident::new(name, Span::mixed_site())
}

/// The two functions while they are being built.
struct Parts<'a> {
    function: &'a Function,
    /// The wrapper's signature: the user's, with plain names for parameters.
    outer: Signature,
    inner: Ident,
    /// The wrapper's name for each parameter. The receiver has none.
    names: Vec<Option<Ident>>,
    /// The argument that the wrapper passes on for each.
    arguments: Vec<Option<TokenStream>>,
    /// Whether the inner function is nested in the wrapper, where no impl is needed.
    nested: bool,
    /// Whether the wrapper has the body itself, without an inner function.
    in_place: bool,
    /// Whether the wrapper returns a future and is not `async`.
    manual: bool,
}

impl<'a> Parts<'a> {
    fn new(function: &'a Function) -> Self {
        let mut outer = function.sig.clone();
        let names: Vec<Option<Ident>> =
            outer.inputs.iter_mut().enumerate().map(|(at, input)| plain_input(at, input)).collect();
        let arguments = names.iter().map(|name| name.as_ref().map(ToTokens::to_token_stream)).collect();
        let ident = &function.sig.ident;
        let inner = format_ident!("__traced_{}", ident.unraw(), span = ident.span());
        // A nested function cannot name the `Self` around it, or the parameters of its impl.
        let tokens = function.sig.to_token_stream().into_iter().chain(function.statements());
        let is_around = |ident: &Ident| ident == "Self" || function.around.contains(ident);
        let nested = !function.has_receiver() && !types::mentions_any(tokens.collect(), &is_around);
        Self { function, outer, inner, names, arguments, nested, in_place: false, manual: false }
    }

    /// Creates the parts of a function that keeps its body.
    ///
    /// It does so if a second function can stand neither beside it nor inside it.
    fn in_place(function: &'a Function) -> Self {
        let mut parts = Self::new(function);
        if !parts.nested {
            parts.in_place = true;
            parts.outer = function.sig.clone();
        }
        parts
    }

    /// Turns the message's parameter into an envelope, and returns its name. The body gets `message`.
    ///
    /// An `Option` stays an option, because a `None` alone has no message type.
    fn take_envelope(&mut self, mailbox: &MessageInput, message: &Ident, args: &Args) -> Ident {
        let root = &args.root;
        let name = self.names.get(mailbox.input).cloned().flatten().unwrap_or_else(|| local("argument"));
        if let Some(argument) = self.arguments.get_mut(mailbox.input) {
            *argument = Some(match mailbox.form {
                Form::Plain | Form::Option => quote!(#message),
                Form::Envelope => quote!(#root::Envelope::bare(#message)),
            });
        }
        if mailbox.form != Form::Option {
            let ty = &mailbox.message;
            let bound = quote!(::core::convert::Into<#root::Envelope<#ty>>);
            let ty = self.argument_type(&bound);
            if let Some(FnArg::Typed(input)) = self.outer.inputs.iter_mut().nth(mailbox.input) {
                *input.ty = Type::Verbatim(ty);
            }
        }
        name
    }

    /// Returns a type with this bound: `impl Into<..>`, or a type parameter.
    ///
    /// A parameter is used if the signature has to name it, or can. Callers that name the function's own parameters
    /// could not name another one.
    fn argument_type(&mut self, bound: &TokenStream) -> TokenStream {
        let captures = types::captures(&self.outer.output);
        let own = self.outer.generics.type_params().next().is_some()
            || self.outer.generics.const_params().next().is_some();
        if own && !captures {
            return quote!(impl #bound);
        }
        let name = Ident::new("__M", Span::mixed_site());
        self.outer.generics.params.push(syn::parse_quote!(#name: #bound));
        self.outer.output = types::capturing(&self.outer.output, &name);
        name.to_token_stream()
    }

    /// Turns the wrapper into a function that returns its future.
    ///
    /// The `impl` has the edition of the macro. So it captures all lifetimes and types in scope, also in a crate of an
    /// older edition.
    fn return_future(&mut self) {
        self.outer.asyncness = None;
        let site = Span::mixed_site();
        let output = types::output(&self.outer.output);
        let future = quote_spanned!(site=> impl ::core::future::Future);
        self.outer.output = ReturnType::Type(
            <Token![->]>::default(),
            Box::new(Type::Verbatim(quote!(#future<Output = #output>))),
        );
        self.manual = true;
    }

    /// Returns the call of the inner function.
    fn call(&self, args: &Args) -> TokenStream {
        if self.in_place {
            // An early return returns to the wrapper.
            let (Function { sig, body, .. }, root) = (self.function, &args.root);
            // The user's own, so that lints look into it.
            let own = sig.fn_token.span;
            let once = |block: TokenStream| quote!(#root::__private::once(#block));
            return match &sig.output {
                _ if sig.asyncness.is_some() => quote_spanned!(own=> async move #body),
                ReturnType::Type(_, ty) if !types::mentions(ty.to_token_stream(), &["impl"]) => {
                    once(quote_spanned!(own=> || -> #ty #body))
                }
                _ => once(quote_spanned!(own=> || #body)),
            };
        }
        let arguments = self.arguments.iter().flatten();
        let inner = &self.inner;
        let generics = turbofish(&self.function.sig);
        let path = if let Some(receiver) = self.function.sig.receiver() {
            // The user's own `self`, since there may be another one inside `macro_rules!`.
            let this = &receiver.self_token;
            quote!(#this.#inner)
        } else if self.nested {
            quote!(#inner)
        } else {
            quote!(Self::#inner)
        };
        quote!(#path #generics (#(#arguments),*))
    }

    fn assemble(&self, body: &TokenStream, args: &Args) -> Wrapped {
        let body = &{
            let (lost, assumed) = (lost(self.function, args), assumed(self.function, args));
            // An attribute on a single function has no item beside it to hold the impls.
            let messages =
                self.function.alone.then(|| by_type::implementations(args, &self.function.sig.generics, &[]));
            let plain = plain(self.function, args);
            quote!(#lost #assumed #messages #plain #body)
        };
        let Function { vis, defaultness, sig, body: block, .. } = self.function;
        let attrs::Parted { outer: outer_attrs, inner: inner_attrs } =
            attrs::part(&self.function.attrs, &sig.ident);
        let outer = &self.outer;
        if self.in_place {
            let outer = self.function.rewritten(outer, body.clone());
            return Wrapped { outer, beside: None, inner: String::new() };
        }
        let mut inner = sig.clone();
        inner.ident = self.inner.clone();
        // It has the user's visibility, because some lints ask for that, but is hidden from the documentation.
        let inner = if self.nested {
            // Inlining a function that is called once is the user's decision.
            quote!(#(#inner_attrs)* #[doc(hidden)] #[allow(clippy::single_call_fn)] #inner #block)
        } else {
            quote!(#(#inner_attrs)* #[doc(hidden)] #vis #inner #block)
        };
        let (inside, beside) = if self.nested { (Some(inner), None) } else { (None, Some(inner)) };
        // The braces are the user's own, so that unused code is reported there.
        let mut body = Group::new(Delimiter::Brace, quote!(#inside #body));
        body.set_span(self.function.braces());
        let allow = self.manual.then(|| quote!(#[allow(clippy::manual_async_fn)]));
        Wrapped {
            outer: quote!(#(#outer_attrs)* #allow #vis #defaultness #outer #body),
            beside,
            inner: self.inner.to_string(),
        }
    }
}

/// Turns an input into one that can be passed on. `mut` and patterns belong to the body.
fn plain_input(at: usize, input: &mut FnArg) -> Option<Ident> {
    let input = match input {
        FnArg::Receiver(receiver) => {
            receiver.mutability = None;
            receiver.attrs.clear();
            return None;
        }
        FnArg::Typed(input) => input,
    };
    input.attrs.clear();
    let name = match &*input.pat {
        // A name that begins with a capital letter may be a unit struct or a constant.
        Pat::Ident(pat) if pat.subpat.is_none() && pat.ident.to_string().starts_with(char::is_lowercase) => {
            pat.ident.clone()
        }
        // It is used from here on, so it must not begin with an underscore.
        _ => format_ident!("argument_{at}", span = Span::mixed_site()),
    };
    *input.pat = Pat::Verbatim(name.to_token_stream());
    Some(name)
}

/// Returns `::<T, N>`. rustc infers lifetimes, but may not infer types and constants.
fn turbofish(sig: &Signature) -> Option<TokenStream> {
    let arguments: Vec<&Ident> = sig
        .generics
        .params
        .iter()
        .filter_map(|param| match param {
            GenericParam::Type(param) => Some(&param.ident),
            GenericParam::Const(param) => Some(&param.ident),
            GenericParam::Lifetime(_) => None,
        })
        .collect();
    let colons = <Token![::]>::default();
    (!arguments.is_empty()).then(|| quote!(#colons<#(#arguments),*>))
}
