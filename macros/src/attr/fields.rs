//! The grammar of `fields(..)`, which is that of `tracing`.
//!
//! For example: `channel`, `%user`, `?state`, `user.id`, `text_len = text.len()`, `x = %expr`, `"quoted name" = expr`.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::punctuated::Punctuated;
use syn::{Expr, Ident, LitStr, Token};

use crate::types;

/// One entry: its name, and the recorded value.
pub(crate) struct Field {
    pub(crate) name: LitStr,
    pub(crate) value: Expr,
    pub(crate) form: Form,
    /// The message's field that a shorthand starts with.
    pub(crate) shorthand: Option<Ident>,
}

/// The way in which the value becomes an attribute.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Form {
    Value,
    Display,
    Debug,
}

pub(crate) fn parse(input: ParseStream<'_>) -> syn::Result<Vec<Field>> {
    Ok(Punctuated::<Field, Token![,]>::parse_terminated_with(input, field)?.into_iter().collect())
}

fn field(input: ParseStream<'_>) -> syn::Result<Field> {
    let form = form(input)?;
    if form.is_none() && input.peek(LitStr) {
        return named(input.parse()?, input);
    }
    if !input.peek(Ident::peek_any) {
        return Err(input.error("expected a field: `channel`, `%user`, `?state` or `text_len = text.len()`"));
    }
    let path = Punctuated::<Ident, Token![.]>::parse_separated_nonempty_with(input, Ident::parse_any)?;
    let text: Vec<String> = path.iter().map(|part| part.unraw().to_string()).collect();
    let first = path.first().cloned();
    let name = LitStr::new(&text.join("."), first.as_ref().map_or(input.span(), Ident::span));
    if form.is_none() && input.peek(Token![=]) {
        return named(name, input);
    }
    if !input.is_empty() && !input.peek(Token![,]) {
        return Err(input.error("expected `,`, or `name = ` before an expression"));
    }
    let value = syn::parse2(path.into_token_stream())?;
    Ok(Field { name, value, form: form.unwrap_or(Form::Value), shorthand: first })
}

fn named(name: LitStr, input: ParseStream<'_>) -> syn::Result<Field> {
    input.parse::<Token![=]>()?;
    let form = form(input)?.unwrap_or(Form::Value);
    Ok(Field { name, value: input.parse()?, form, shorthand: None })
}

fn form(input: ParseStream<'_>) -> syn::Result<Option<Form>> {
    if input.parse::<Option<Token![%]>>()?.is_some() {
        return Ok(Some(Form::Display));
    }
    Ok(input.parse::<Option<Token![?]>>()?.map(|_| Form::Debug))
}

/// Returns the value by reference. The message's fields in `bound` are references already, because a pattern binds
/// them.
pub(crate) fn by_reference(value: &Expr, bound: &[String]) -> TokenStream {
    let is_bound = |ident: &Ident| bound.contains(&types::plain(ident).value());
    match value {
        Expr::Path(path) if path.path.get_ident().is_some_and(is_bound) => quote!(#value),
        Expr::Array(_)
        | Expr::Await(_)
        | Expr::Block(_)
        | Expr::Call(_)
        | Expr::Field(_)
        | Expr::Index(_)
        | Expr::Lit(_)
        | Expr::Macro(_)
        | Expr::MethodCall(_)
        | Expr::Paren(_)
        | Expr::Path(_)
        | Expr::Tuple(_) => quote!(&#value),
        _ => quote!(&(#value)),
    }
}
