//! Generates the output after a failed check.
//!
//! It contains the user's item, the errors, and stubs for what other code expects, so that rustc adds no further
//! errors.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};

use crate::attr::actor::Args;
use crate::attrs;
use crate::expand::{self, Emit, Emitted};
use crate::model::{Actor, Function, Item, Message};

/// Returns the item without its helper attributes, and the error.
pub(crate) fn item(item: &Item, args: &Args, error: &syn::Error) -> TokenStream {
    let item = expand::assemble(item, args, &Stubs(args));
    let error = error.to_compile_error();
    quote!(#item #error)
}

/// Returns an item that could not be read, and the error.
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
