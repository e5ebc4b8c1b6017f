//! Generates the code for `#[traced_actor(ractor)]`: ractor's trait for a message, and the body of `handle`.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote};
use syn::{Attribute, Field, Fields, Type, Variant};

use crate::attr::actor::Args;
use crate::attr::ractor::Ractor;
use crate::attrs::cfg;
use crate::expand::trait_impl::{Handler, whole, with_first};
use crate::model::{Actor, Data, Function, Member, Message};
use crate::types;

// ----- the message -----

// Input:  #[derive(RactorClusterMessage)] enum Message { Join(u64), #[rpc] Count(RpcReplyPort<u64>) }
// Output: impl TracedMessage for Message { .. }  impl ractor::Message for Message { .. }
//
// ractor's derive is put on a twin of the enum, so that the bytes are those of ractor.
pub(crate) fn message(message: &Message, args: &Args) -> Option<TokenStream> {
    let (adapter, of) = (args.ractor.as_ref()?, message.ractor.as_ref()?);
    let data = &message.data;
    let cfg = cfg(data.attrs());
    let (ident, generics) = (data.ident(), data.generics());
    let (impl_generics, ty_generics, where_clause) = generics.split_for_impl();
    let is_call = is_call(data);
    let twin = of.cluster.as_ref().and_then(|_| twin(data, of, adapter));
    let (twin, between_nodes) = twin.unwrap_or_default();
    let private = quote!(#adapter::__private);
    Some(quote! {
        #cfg
        #[allow(deprecated)]
        const _: () = {
            #twin

            #[automatically_derived]
            impl #impl_generics #adapter::TracedMessage for #ident #ty_generics #where_clause {
                #is_call
            }

            #[automatically_derived]
            impl #impl_generics #private::ractor::Message for #ident #ty_generics #where_clause {
                fn box_message(self, to: &#private::ractor::ActorId) -> #private::Boxed {
                    #adapter::box_message(self, to)
                }

                fn from_boxed(boxed: #private::ractor::message::BoxedMessage) -> #private::Unboxed<Self> {
                    #adapter::from_boxed(boxed)
                }

                #between_nodes
            }
        };
    })
}

/// Returns the function that distinguishes a call from a cast.
fn is_call(data: &Data) -> TokenStream {
    let patterns: Vec<TokenStream> = match data {
        Data::Struct(item) => asking(&quote!(Self), &item.fields),
        Data::Enum(item) => {
            let of = |Variant { attrs, ident, fields, .. }: &Variant| {
                let cfg = cfg(attrs);
                asking(&quote!(Self::#ident), fields).into_iter().map(move |pattern| quote!(#cfg #pattern))
            };
            item.variants.iter().flat_map(of).collect()
        }
    };
    if patterns.is_empty() {
        return TokenStream::new();
    }
    quote! {
        fn is_call(&self) -> bool {
            #[allow(unreachable_patterns)]
            match self { #(#patterns => true,)* _ => false }
        }
    }
}

/// Returns the patterns of a struct or variant that holds a reply port.
fn asking(path: &TokenStream, fields: &Fields) -> Vec<TokenStream> {
    let ports =
        fields.members().zip(fields).filter_map(|(member, field)| Some((member, field, port(&field.ty)?)));
    let ports: Vec<(syn::Member, &Field, Port)> = ports.collect();
    if ports.iter().any(|(.., port)| *port == Port::Always) {
        return vec![quote!(#path { .. })];
    }
    let some = |(member, field, _): &(syn::Member, &Field, Port)| {
        let cfg = cfg(&field.attrs);
        quote!(#cfg #path { #member: ::core::option::Option::Some(_), .. })
    };
    ports.iter().map(some).collect()
}

/// The way in which a field holds a reply port.
#[derive(PartialEq)]
enum Port {
    /// A port that is always there.
    Always,
    /// A port in an `Option`: there is one only if it is `Some`.
    IfSome,
}

/// Returns how a field of this type holds a reply port, if it does.
fn port(ty: &Type) -> Option<Port> {
    let last = types::last_segment(ty)?;
    let inner = || types::arguments(last).next().and_then(port);
    match last.ident.to_string().as_str() {
        "RpcReplyPort" => Some(Port::Always),
        "Box" | "Arc" => inner().filter(|port| *port == Port::Always),
        "Option" => inner().map(|_| Port::IfSome),
        _ => None,
    }
}

/// Returns the twin, and the methods that use it.
fn twin(data: &Data, of: &Ractor, adapter: &syn::Path) -> Option<(TokenStream, TokenStream)> {
    let Data::Enum(item) = data else { return None };
    let derive = &of.cluster;
    let name = Ident::new("__TracedTwin", Span::call_site());
    let (_, ty_generics, where_clause) = item.generics.split_for_impl();
    let generics = &item.generics;
    let variants = item.variants.iter().zip(&of.rpc).map(|(variant, rpc)| {
        let mut variant = variant.clone();
        variant.discriminant = None;
        variant.attrs.retain(is_cfg);
        for field in &mut variant.fields {
            field.attrs.retain(is_cfg);
        }
        quote!(#rpc #variant)
    });
    let arms = |from: &TokenStream, to: &TokenStream| {
        let arms = item.variants.iter().map(|variant| arm(variant, from, to));
        quote!(#(#arms)*)
    };
    let twin = quote!(#name);
    let there = arms(&quote!(Self), &twin);
    let back = arms(&twin, &quote!(Self));
    let private = quote!(#adapter::__private);
    let message = quote!(#private::ractor::Message);
    let enumeration = quote! {
        #[derive(#derive)]
        enum #name #generics #where_clause {
            #(#variants,)*
        }
    };
    let methods = quote! {
        fn serializable() -> bool {
            true
        }

        fn serialize(self) -> #private::Serialized {
            #message::serialize(match self { #there })
        }

        fn deserialize(bytes: #private::ractor::message::SerializedMessage) -> #private::Unboxed<Self> {
            let twin = <#name #ty_generics as #message>::deserialize(bytes)?;
            ::core::result::Result::Ok(match twin { #back })
        }
    };
    Some((enumeration, methods))
}

fn is_cfg(attr: &Attribute) -> bool {
    attr.path().is_ident("cfg")
}

// Output: Self::Note { text: field_0 } => __TracedTwin::Note { text: field_0 },
fn arm(variant: &Variant, from: &TokenStream, to: &TokenStream) -> TokenStream {
    let (cfg_of_variant, ident) = (cfg(&variant.attrs), &variant.ident);
    let fields = variant.fields.iter().enumerate().map(|(at, field)| {
        let bound = format_ident!("field_{at}", span = Span::mixed_site());
        let cfg = cfg(&field.attrs);
        let member = match &field.ident {
            Some(name) => name.to_token_stream(),
            None => syn::Index::from(at).to_token_stream(),
        };
        quote!(#cfg #member: #bound)
    });
    let fields: Vec<TokenStream> = fields.collect();
    quote!(#cfg_of_variant #from::#ident { #(#fields),* } => #to::#ident { #(#fields),* },)
}

// ----- the actor -----

/// Returns the impl with the body of `handle` in the span of its message.
pub(crate) fn actor(actor: &Actor, args: &Args) -> TokenStream {
    let members = actor.members.iter().map(|member| match member {
        Member::Function(function) if function.sig.ident == "handle" => handle(function, actor, args),
        Member::Function(function) if function.sig.ident == "handle_supervisor_evt" => {
            supervise(function, actor, args)
        }
        Member::Function(function) => function.to_token_stream(),
        Member::Other(tokens) | Member::Unread(tokens) => tokens.clone(),
    });
    whole(actor, &members.collect())
}

// Input:  async fn handle(&self, myself: ActorRef<M>, message: M, state: &mut S) -> Result<(), E> { .. }
// Output: fn handle(&self, argument_0: ActorRef<M>, argument_1: M, state: &mut S) -> impl Future<Output = Result<(), E>> {
//             let opened = __private::open(const { .. }, argument_0.get_id(), &argument_1);
//             __private::handle(opened, async move {
//                 let myself = argument_0;
//                 let message = argument_1;
//                 { .. }
//             })
//         }
fn handle(function: &Function, actor: &Actor, args: &Args) -> TokenStream {
    let (Some(adapter), Some(handler)) = (&args.ractor, Handler::new(function, actor, &TokenStream::new()))
    else {
        return function.to_token_stream();
    };
    let Handler { names: [myself, message], work, .. } = &handler;
    let options = args.options(actor.ident());
    let opened = Ident::new("opened", Span::mixed_site());
    handler.with(&quote! {
        let #opened = #adapter::__private::open(const { &#options }, #myself.get_id(), &#message);
        #adapter::__private::handle(#opened, async move { #work })
    })
}

// The first statement: __private::supervised(&argument_1);
fn supervise(function: &Function, actor: &Actor, args: &Args) -> TokenStream {
    with_first(function, actor, 2, |names| {
        let (adapter, event) = (args.ractor.as_ref()?, names.get(1)?);
        Some(quote!(#adapter::__private::supervised(&#event);))
    })
}
