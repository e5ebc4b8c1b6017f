//! Generates the code for `#[traced_actor(kameo)]`: hooks around an actor's mailbox, and the body of `handle` in a
//! span.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote};
use syn::Type;

use crate::attr::actor::Args;
use crate::attr::kameo::Derived;
use crate::attrs::cfg;
use crate::expand::kameo_remote as remote;
use crate::expand::trait_impl::{Handler, as_async, block, in_future, plain_parameters, whole, with_first};
use crate::model::{Actor, Function, Member};
use crate::{syntax, types};

/// Returns the impl of one of kameo's traits, and the items beside it.
pub(crate) fn trait_impl(of: &Actor, args: &Args) -> TokenStream {
    let Some(adapter) = &args.kameo else { return TokenStream::new() };
    match message_type(of) {
        Some(message) => handler(of, message, args, adapter),
        None => actor(of, args, adapter),
    }
}

/// Returns the `M` of `Message<M>`.
fn message_type(of: &Actor) -> Option<&Type> {
    let last = of.header.trait_.as_ref()?.0.segments.last().filter(|last| last.ident == "Message")?;
    types::arguments(last).next()
}

// ----- the actor -----

// Input:  #[derive(Actor)] struct Guild;
// Output: struct Guild;  impl Actor for Guild { .. }  and what stands beside it
pub(crate) fn derived(of: &Derived, args: &Args) -> TokenStream {
    let Some(adapter) = &args.kameo else { return TokenStream::new() };
    let data = &of.data;
    let (ident, cfg) = (data.ident(), cfg(data.attrs()));
    let (impl_generics, ty_generics, where_clause) = data.generics().split_for_impl();
    let kameo = quote!(#adapter::__private::kameo);
    let name = match &of.name {
        Some(name) => name.clone(),
        None => types::plain(ident).to_token_stream(),
    };
    let written = quote! {
        #cfg
        #[automatically_derived]
        impl #impl_generics #kameo::Actor for #ident #ty_generics #where_clause {
            type Args = Self;
            type Error = #kameo::error::Infallible;

            fn name() -> &'static str {
                #name
            }

            async fn on_start(
                args: Self::Args,
                _: #kameo::actor::ActorRef<Self>,
            ) -> ::core::result::Result<Self, Self::Error> {
                ::core::result::Result::Ok(args)
            }
        }
    };
    let implementation = syntax::trait_impl(written).map(|of| actor(&of, args, adapter));
    quote!(#data #implementation)
}

// Input:  impl Actor for Guild { .. }
// Output: impl Actor for Guild { .. and the hooks that are looked into }
//         impl TracedActor for Guild { .. }
//         impl Message<Buffered<Guild>> for Guild { .. }
fn actor(of: &Actor, args: &Args, adapter: &syn::Path) -> TokenStream {
    let (kameo, private) = (quote!(#adapter::__private::kameo), quote!(#adapter::__private));
    let hooks = Hooks { of, kameo, private };
    let written = of.members.iter().map(|member| match member {
        Member::Function(function) => hooks.written(function),
        Member::Other(tokens) | Member::Unread(tokens) => tokens.clone(),
    });
    let mut members: TokenStream = written.collect();
    for (name, hook) in [
        ("next", hooks.next()),
        ("on_message", hooks.on_message()),
        ("on_undelivered", hooks.on_undelivered()),
    ] {
        if !of.functions().any(|function| function.sig.ident == name) {
            members.extend(hook);
        }
    }
    let block = whole(of, &members);

    let Hooks { kameo, private, .. } = &hooks;
    let (header, cfg, options, root) =
        (&of.header, cfg(&of.header.attrs), args.options(of.ident()), &args.root);
    let (impl_generics, _, where_clause) = header.generics.split_for_impl();
    let self_ty = &header.self_ty;
    quote! {
        #block

        #cfg
        #[automatically_derived]
        impl #impl_generics #adapter::TracedActor for #self_ty #where_clause {
            const OPTIONS: &'static #root::Options = &#options;
        }

        #cfg
        #[automatically_derived]
        impl #impl_generics #kameo::message::Message<#private::Buffered<#self_ty>> for #self_ty #where_clause {
            type Reply = #private::Passed;

            async fn handle(
                &mut self,
                message: #private::Buffered<#self_ty>,
                context: &mut #kameo::message::Context<Self, Self::Reply>,
            ) -> Self::Reply {
                message.handle(self, context).await
            }
        }
    }
}

/// The functions of kameo's `Actor` that are wrapped.
struct Hooks<'a> {
    of: &'a Actor,
    kameo: TokenStream,
    private: TokenStream,
}

impl Hooks<'_> {
    /// Returns a function that the user has written, with its hook.
    fn written(&self, function: &Function) -> TokenStream {
        let private = &self.private;
        match function.sig.ident.to_string().as_str() {
            "next" => self.next_around(&as_async(function)),
            // It is not known which message it handles, and when. So no message has its context there.
            "on_message" => with_first(function, self.of, 0, |_| Some(quote!(#private::forget();))),
            "on_start" => with_first(function, self.of, 2, |names| {
                let actor = names.get(1)?;
                Some(quote!(#private::started(#actor.id());))
            }),
            "on_undelivered" => with_first(function, self.of, 2, |names| {
                let messages = names.get(1)?;
                Some(quote!(#private::undelivered(&#messages);))
            }),
            _ => function.to_token_stream(),
        }
    }

    // Output: async fn next(&mut self, argument_0: WeakActorRef<Self>, argument_1: &mut MailboxReceiver<Self>) -> .. {
    //             let actor = argument_0.clone();
    //             let taken = async move { let actor_ref = argument_0; let mailbox = argument_1; { .. } }.await;
    //             taken.map(|mut signal| { __private::received(&actor, &mut signal); signal })
    //         }
    fn next_around(&self, function: &Function) -> TokenStream {
        let private = &self.private;
        let (sig, names, bindings) = plain_parameters(function, self.of, 2);
        let Some(first) = names.first() else { return function.to_token_stream() };
        let output = types::output(&function.sig.output);
        let taken = in_future(function, &output, &bindings);
        let actor = Ident::new("actor", Span::mixed_site());
        let body = quote! {
            let #actor = #first.clone();
            let taken: #output = async move { #taken }.await;
            taken.map(|mut signal| {
                #private::received(&#actor, &mut signal);
                signal
            })
        };
        function.rewritten(&sig, body)
    }

    fn next(&self) -> TokenStream {
        let Self { kameo, private, .. } = self;
        quote! {
            async fn next(
                &mut self,
                actor: #kameo::actor::WeakActorRef<Self>,
                mailbox: &mut #kameo::mailbox::MailboxReceiver<Self>,
            ) -> ::core::result::Result<::core::option::Option<#kameo::mailbox::Signal<Self>>, Self::Error> {
                let mut signal = mailbox.recv().await;
                #private::received(&actor, &mut signal);
                ::core::result::Result::Ok(signal)
            }
        }
    }

    fn on_message(&self) -> TokenStream {
        let Self { kameo, private, .. } = self;
        quote! {
            async fn on_message(
                &mut self,
                message: #kameo::message::BoxMessage<Self>,
                actor: #kameo::actor::ActorRef<Self>,
                reply: ::core::option::Option<#kameo::reply::BoxReplySender>,
                stop: &mut bool,
            ) -> #private::Handled {
                #private::on_message(self, message, actor, reply, stop).await
            }
        }
    }

    fn on_undelivered(&self) -> TokenStream {
        let Self { kameo, private, .. } = self;
        quote! {
            async fn on_undelivered(
                &mut self,
                _: #kameo::error::ActorStopReason,
                messages: #private::Undelivered<Self>,
            ) -> ::core::result::Result<(), Self::Error> {
                #private::undelivered(&messages);
                ::core::result::Result::Ok(())
            }
        }
    }
}

// ----- a message of the actor -----

// Input:  impl Message<Join> for Guild { type Reply = u64; async fn handle(&mut self, join: Join, ctx: ..) -> u64 { .. } }
// Output: the impl, with the body of `handle` in a span, and with a `name` by which a send is seen
//         impl Message<Enveloped<Join>> for Guild { .. }
fn handler(of: &Actor, message: &Type, args: &Args, adapter: &syn::Path) -> TokenStream {
    let mut of = Actor { header: of.header.clone(), members: of.members.clone() };
    let remote =
        remote::take(&mut of.header.attrs).map(|id| remote::registration(&of, message, &id, adapter));
    let of = &of;
    let private = quote!(#adapter::__private);
    let kameo = quote!(#private::kameo);
    let written = of.functions().find(|function| function.sig.ident == "name");
    let own = || quote!(::core::any::type_name::<#message>());
    let name = written.map_or_else(own, |function| block(function).into_token_stream());
    let sent = quote! {{
        static ID: #private::NameId = #private::NameId::new();
        #private::name::<Self, #message>(&ID, <Self as #adapter::TracedActor>::OPTIONS, || #name)
    }};
    let members = of.members.iter().map(|member| match member {
        Member::Function(function) if function.sig.ident == "handle" => {
            handle(function, of, message, args, adapter)
        }
        Member::Function(function) if function.sig.ident == "name" => {
            function.rewritten(&function.sig, sent.clone())
        }
        Member::Function(function) => function.to_token_stream(),
        Member::Other(tokens) | Member::Unread(tokens) => tokens.clone(),
    });
    let mut members: TokenStream = members.collect();
    if written.is_none() {
        members.extend(quote!(fn name() -> &'static str #sent));
    }
    let block = whole(of, &members);

    let (header, cfg) = (&of.header, cfg(&of.header.attrs));
    let (impl_generics, _, where_clause) = header.generics.split_for_impl();
    let self_ty = &header.self_ty;
    let bare = quote!(#kameo::message::Message<#message>);
    quote! {
        #block
        #remote

        #cfg
        #[automatically_derived]
        impl #impl_generics #kameo::message::Message<#adapter::Enveloped<#message>> for #self_ty #where_clause {
            type Reply = <Self as #bare>::Reply;

            fn name() -> &'static str {
                #name
            }

            fn handle(
                &mut self,
                message: #adapter::Enveloped<#message>,
                context: &mut #kameo::message::Context<Self, Self::Reply>,
            ) -> impl ::core::future::Future<Output = Self::Reply> + ::core::marker::Send {
                let message = #private::unwrapped(context.actor_ref(), message);
                <Self as #bare>::handle(self, message, context)
            }
        }
    }
}

// Output: fn handle(&mut self, argument_0: Join, argument_1: &mut Context<Self, u64>) -> impl Future<Output = u64> + Send {
//             let span = __private::open(.., argument_1.actor_ref(), &argument_0, ..);
//             span.run(async move { let join = argument_0; let ctx = argument_1; { .. } }, |reply| ..)
//         }
//
// The block is the outermost one of the future, like the user's block was. In a nested block, rustc would not know that
// the types in the reply are `'static`, and the future would not be `Send`.
fn handle(function: &Function, of: &Actor, message: &Type, args: &Args, adapter: &syn::Path) -> TokenStream {
    let Some(handler) = Handler::new(function, of, &quote!(+ ::core::marker::Send)) else {
        return function.to_token_stream();
    };
    let Handler { names: [first, context], output, work, .. } = &handler;
    let root = &args.root;
    let private = quote!(#adapter::__private);
    // Not visible in the user's block.
    let span = Ident::new("span", Span::mixed_site());
    handler.with(&quote! {
        let #span = {
            #[allow(unused_imports)]
            use #root::__private::traits::DescribeMessage as _;
            #private::open(
                <Self as #adapter::TracedActor>::OPTIONS,
                #context.actor_ref(),
                &#first,
                (&#root::__private::Describe::<#message>::new()).describe(),
            )
        };
        #span.run(async move { #work }, |reply: &#output| {
            #[allow(unused_imports)]
            use #private::{ByNothing as _, BySendError as _, ByWords as _};
            #[allow(unused_imports)]
            use #root::__private::traits::MayFail as _;
            let failed = (&&#private::Outcome(reply)).send_failure();
            failed.or_else(|| (&&&#root::__private::Outcome(reply)).failure())
        })
    })
}
