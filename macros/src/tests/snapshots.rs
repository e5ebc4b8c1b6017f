//! `tests/expand/<case>.rs` and beside it what it expands to. The cases are named after what they
//! document. `UPDATE_EXPECT=1 cargo test` writes the expansions again: read them before you commit.

use expect_test::expect_file;
use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::{Attribute, File, ImplItem, Item, Meta};

/// One `#[test]` a case, so that a failure is named after it.
macro_rules! cases {
    ($($case:ident)*) => {
        $(
            #[test]
            fn $case() {
                let input = include_str!(concat!("../../tests/expand/", stringify!($case), ".rs"));
                let output = expect_file![concat!("../../tests/expand/", stringify!($case), ".expanded.rs")];
                output.assert_eq(&expand(input));
            }
        )*

        /// Every case as source, for tests that need real input.
        pub(super) const CASES: &[&str] =
            &[$(include_str!(concat!("../../tests/expand/", stringify!($case), ".rs"))),*];
    };
}

cases! {
    actix
    attributes
    cfg
    crate_renamed
    fallback
    fields
    free_handler
    free_loop
    full_path
    generics
    kameo
    kind_of_field
    legacy
    legacy_generics
    minimal
    module
    one_method
    options
    parameters
    ractor
    receivers
    sampling
    select_loop
    struct_message
    sync_handler
    thread_loop
    two_actors
    two_mailboxes
}

/// The file as `cargo expand` would show it.
pub(super) fn expand(source: &str) -> String {
    let mut file = syn::parse_file(source).expect("a case is valid Rust");
    let header = std::mem::take(&mut file.attrs);
    let items: TokenStream = file.items.iter_mut().map(expand_item).collect();
    let mut file = syn::parse2::<File>(items).expect("an expansion is valid Rust");
    for item in &mut file.items {
        expand_methods(item);
    }
    file.attrs = header;
    prettyplease::unparse(&file)
}

fn expand_item(item: &mut Item) -> TokenStream {
    let attrs = match item {
        Item::Enum(item) => &mut item.attrs,
        Item::Fn(item) => &mut item.attrs,
        Item::Impl(item) => &mut item.attrs,
        Item::Mod(item) => &mut item.attrs,
        Item::Struct(item) => &mut item.attrs,
        _ => return item.to_token_stream(),
    };
    match take(attrs) {
        Some(args) => crate::traced(args, &item.to_token_stream()),
        None => item.to_token_stream(),
    }
}

fn expand_methods(item: &mut Item) {
    let Item::Impl(item) = item else { return };
    let mut members = TokenStream::new();
    for member in &mut item.items {
        let args = match member {
            ImplItem::Fn(method) => take(&mut method.attrs),
            _ => None,
        };
        let tokens = member.to_token_stream();
        members.extend(args.map_or(tokens.clone(), |args| crate::traced(args, &tokens)));
    }
    item.items = syn::parse2::<syn::ItemImpl>(quote::quote!(impl X { #members })).expect("methods").items;
}

/// Takes `#[traced_actor(..)]` off an item, as rustc does, and gives its arguments.
pub(super) fn take(attrs: &mut Vec<Attribute>) -> Option<TokenStream> {
    let at = attrs.iter().position(|attr| attr.path().is_ident("traced_actor"))?;
    Some(match attrs.remove(at).meta {
        Meta::List(list) => list.tokens,
        _ => TokenStream::new(),
    })
}

/// Readers of `cargo expand` should meet little that is not theirs.
#[test]
fn a_two_variant_actor_costs_few_lines() {
    let source = include_str!("../../tests/expand/module.rs");
    let user = prettyplease::unparse(&syn::parse_file(source).unwrap());
    let generated = expand(source).lines().count() - user.lines().count();
    assert!(generated <= 42, "{generated} generated lines");
}
