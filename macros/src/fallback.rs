//! What is left when a check fails: the user's item, the errors, and stubs in the place of what
//! other code expects, so that rustc has nothing to add.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};

use crate::attr::actor::Args;
use crate::attrs;
use crate::expand::{self, Emit, Emitted};
use crate::model::{Actor, Function, Item, Message};

/// The item was read: it stays, without its helper attributes.
pub(crate) fn item(item: &Item, args: &Args, error: &syn::Error) -> TokenStream {
    let item = expand::assemble(item, args, &Stubs(args));
    let error = error.to_compile_error();
    quote!(#item #error)
}

/// The item was not even read.
pub(crate) fn unparsed(item: &TokenStream, error: &syn::Error) -> TokenStream {
    let error = error.to_compile_error();
    let item = attrs::without_helpers(item.clone());
    quote!(#item #error)
}

struct Stubs<'a>(&'a Args);

impl Emit for Stubs<'_> {
    fn function(&self, function: &Function) -> Vec<Emitted> {
        vec![Emitted::plain(function)]
    }

    fn data(&self, message: &Message) -> TokenStream {
        message.to_token_stream()
    }

    fn envelope(&self, message: &Message) -> TokenStream {
        expand::envelope(message, self.0)
    }

    fn message(&self, message: &Message, _: bool) -> TokenStream {
        let mut tokens = expand::message_stub(message, self.0);
        tokens.extend(expand::ractor::message(message, self.0));
        tokens.extend(expand::actix::message(message, self.0));
        tokens
    }

    fn actor(&self, actor: &Actor, handler: &Function, _: bool) -> TokenStream {
        expand::actor_stub(actor, handler, self.0)
    }

    fn member(&self, _: &Function, _: bool) -> TokenStream {
        TokenStream::new()
    }
}
