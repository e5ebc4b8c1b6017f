//! Parses tokens into the model's syntax. Bodies of functions are stored whole and never parsed.
//!
//! A member, an item of a module, a variant or a field that cannot be read is passed through. rustc reports what is
//! wrong with it, and the rest still works.

mod data;
mod recover;

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use quote::ToTokens;
use syn::parse::{ParseStream, Parser};
use syn::{Attribute, GenericParam, Ident, ItemImpl, Signature, Token, Visibility, token};

use crate::attrs;
use crate::model::{Actor, Function, Item, Member, Module, Other, Role, SpecialLoop, What};
use recover::{attempt, between, unread};

/// Reads the item that the attribute stands on.
pub(crate) fn item(tokens: TokenStream) -> syn::Result<Item> {
    parse_item.parse2(tokens)
}

fn parse_item(input: ParseStream<'_>) -> syn::Result<Item> {
    let ahead = input.fork();
    let attrs = ahead.call(Attribute::parse_outer)?;
    ahead.parse::<Visibility>()?;
    let keyword = ahead.fork().parse::<TokenTree>()?;

    let start = input.fork();
    let item = if ahead.peek(Token![enum]) || ahead.peek(Token![struct]) {
        Item::Message(data::parse(input)?)
    } else if starts_module(&ahead) {
        parse_module(input, &keyword)?
    } else if starts_impl(&ahead) {
        parse_impl(input, &keyword)?
    } else if starts_function(&ahead) {
        Item::Function(Box::new(parse_function(input)?))
    } else {
        let what = match input.parse::<syn::Item>()? {
            syn::Item::Type(alias) => What::Alias(Box::new(alias)),
            syn::Item::Use(item) => What::Use(Box::new(item)),
            _ => What::Rest,
        };
        let tokens = between(&start, input)?;
        return Ok(Item::Other(Other { keyword, tokens, what }));
    };

    // An item with its own attribute is left to that attribute.
    if attrs.iter().any(attrs::is_own) {
        let tokens = between(&start, input)?;
        return Ok(Item::Other(Other { keyword, tokens, what: What::Annotated }));
    }
    Ok(item)
}

fn starts_module(input: ParseStream<'_>) -> bool {
    input.peek(Token![mod]) || (input.peek(Token![unsafe]) && input.peek2(Token![mod]))
}

fn starts_impl(input: ParseStream<'_>) -> bool {
    let ahead = input.fork();
    let _ = ahead.parse::<Option<Token![default]>>();
    let _ = ahead.parse::<Option<Token![unsafe]>>();
    ahead.peek(Token![impl])
}

/// Returns whether a function starts here. `input` is after attributes and visibility.
fn starts_function(input: ParseStream<'_>) -> bool {
    let ahead = input.fork();
    let _ = ahead.parse::<Option<Token![default]>>();
    // A `const` before `async` belongs to unfinished code.
    let possible = |sig: &Signature| sig.constness.is_none() || sig.asyncness.is_none();
    ahead.parse::<Signature>().is_ok_and(|sig| possible(&sig)) && ahead.peek(token::Brace)
}

fn parse_function(input: ParseStream<'_>) -> syn::Result<Function> {
    Ok(Function {
        attrs: input.call(Attribute::parse_outer)?,
        vis: input.parse()?,
        defaultness: input.parse()?,
        sig: input.parse()?,
        // A fragment of `macro_rules!` is in a group of its own.
        body: input.parse::<TokenTree>()?,
        mark: None,
        role: Role::Plain,
        actor: None,
        alone: false,
        around: Vec::new(),
        seen: None,
        problem: None,
        special: SpecialLoop::default(),
        lost: Vec::new(),
        place: None,
        assumed: None,
        may_lose: false,
    })
}

fn parse_impl(input: ParseStream<'_>, keyword: &TokenTree) -> syn::Result<Item> {
    let start = input.fork();
    let (header, body) = parse_impl_header(input)?;
    if let Some((path, _)) = &header.trait_ {
        let what = What::TraitImpl(path.clone());
        return Ok(Item::Other(Other { keyword: keyword.clone(), tokens: between(&start, input)?, what }));
    }
    Ok(Item::Actor(members(header, body)?))
}

/// Reads the impl of a trait, for a framework whose trait has the handler. Returns `None` for any other item.
pub(crate) fn trait_impl(tokens: TokenStream) -> Option<Actor> {
    let parse = |input: ParseStream<'_>| {
        let (header, body) = parse_impl_header(input)?;
        members(header, body)
    };
    parse.parse2(tokens).ok().filter(|actor| actor.header.trait_.is_some())
}

/// Reads the contents of the impl's braces.
fn members(mut header: ItemImpl, body: TokenStream) -> syn::Result<Actor> {
    let parse_members = |input: ParseStream<'_>| {
        let inner = Attribute::parse_inner(input)?;
        let mut members = Vec::new();
        while !input.is_empty() {
            members.push(match attempt(input, parse_member) {
                Ok(member) => member,
                Err(_) => Member::Unread(unread(input, parse_member)?),
            });
        }
        Ok((inner, members))
    };
    let (inner, members) = parse_members.parse2(body)?;
    header.attrs.extend(inner);
    let mut actor = Actor { header, members };
    let around: Vec<Ident> = actor.header.generics.params.iter().map(parameter).collect();
    for function in actor.functions_mut() {
        function.around.clone_from(&around);
    }
    Ok(actor)
}

/// Returns the name of a generic parameter, of a lifetime without its apostrophe.
fn parameter(parameter: &GenericParam) -> Ident {
    match parameter {
        GenericParam::Lifetime(lifetime) => lifetime.lifetime.ident.clone(),
        GenericParam::Type(ty) => ty.ident.clone(),
        GenericParam::Const(constant) => constant.ident.clone(),
    }
}

/// Reads the header, and returns it with the tokens between the braces.
///
/// The end of the header cannot be found from the tokens alone (`impl A<{ N }> where B<{ N }>: C {`). So each brace is
/// tried in turn, and syn checks the header with empty contents.
fn parse_impl_header(input: ParseStream<'_>) -> syn::Result<(ItemImpl, TokenStream)> {
    let mut header = TokenStream::new();
    let mut error = None;
    while !input.is_empty() {
        let token = input.parse::<TokenTree>()?;
        if let TokenTree::Group(group) = &token
            && group.delimiter() == Delimiter::Brace
        {
            let mut attempt = header.clone();
            let mut empty = Group::new(Delimiter::Brace, TokenStream::new());
            empty.set_span(group.span());
            empty.to_tokens(&mut attempt);
            match syn::parse2::<ItemImpl>(attempt) {
                Ok(mut item) => {
                    item.brace_token = token::Brace { span: group.delim_span() };
                    return Ok((item, group.stream()));
                }
                Err(failed) => error = Some(failed),
            }
        }
        token.to_tokens(&mut header);
    }
    Err(error.unwrap_or_else(|| input.error("expected the body of the impl")))
}

fn parse_member(input: ParseStream<'_>) -> syn::Result<Member> {
    let ahead = input.fork();
    ahead.call(Attribute::parse_outer)?;
    ahead.parse::<Visibility>()?;
    if starts_function(&ahead) {
        return Ok(Member::Function(Box::new(parse_function(input)?)));
    }
    let start = input.fork();
    if let syn::ImplItem::Fn(function) = input.parse()?
        && function.sig.constness.is_some()
    {
        return Err(input.error("no function is `const` and `async`"));
    }
    Ok(Member::Other(between(&start, input)?))
}

fn parse_module(input: ParseStream<'_>, keyword: &TokenTree) -> syn::Result<Item> {
    let start = input.fork();
    let mut attrs = input.call(Attribute::parse_outer)?;
    let vis = input.parse()?;
    let unsafety = input.parse()?;
    let mod_token = input.parse()?;
    let ident = input.parse::<Ident>()?;
    if input.parse::<Option<Token![;]>>()?.is_some() {
        let tokens = between(&start, input)?;
        return Ok(Item::Other(Other { keyword: keyword.clone(), tokens, what: What::Declaration }));
    }
    let content;
    let brace = syn::braced!(content in input);
    attrs.extend(content.call(Attribute::parse_inner)?);
    let mut items = Vec::new();
    while !content.is_empty() {
        let item = if let Ok(item) = attempt(&content, parse_item) {
            item
        } else {
            let tokens = unread(&content, parse_item)?;
            Item::Other(Other { keyword: TokenTree::Ident(ident.clone()), tokens, what: What::Unread })
        };
        items.push(item);
    }
    Ok(Item::Module(Module { attrs, vis, unsafety, mod_token, ident, brace, items }))
}
