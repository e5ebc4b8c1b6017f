//! stub

mod args;
mod attrs;
mod check;
mod errors;
mod expand;
mod fallback;
mod fields;
mod find;
mod flow;
mod helper;
mod model;
mod options;
mod parse;
mod scan;
mod syntax;
mod types;

#[cfg(test)]
mod tests;

use args::Args;
use errors::Errors;
use model::Item;
use proc_macro2::TokenStream;

/// docs
#[proc_macro_attribute]
pub fn traced_actor(args: proc_macro::TokenStream, item: proc_macro::TokenStream) -> proc_macro::TokenStream {
    traced(args.into(), item.into()).into()
}

/// The macro as a function of plain token streams, which tests can call.
fn traced(args: TokenStream, item: TokenStream) -> TokenStream {
    match read(args, item.clone()) {
        Err(error) => fallback::unparsed(item, &error),
        Ok((item, args, Err(error))) => fallback::item(&item, &args, &error),
        Ok((item, args, Ok(()))) => expand::item(&item, &args),
    }
}

/// Parses and checks. An item that cannot be read is an error of its own; all others come together.
fn read(args: TokenStream, item: TokenStream) -> syn::Result<(Item, Args, syn::Result<()>)> {
    let mut item = syntax::item(item)?;
    let errors = Errors::default();
    let args = match parse::target(&item) {
        Some(target) => Args::parse(args, target, &errors),
        None => Args::default(),
    };
    parse::helpers(&mut item, &errors);
    parse::decide(&mut item, &args, &errors);
    let checked = errors.finish();
    Ok((item, args, checked))
}
