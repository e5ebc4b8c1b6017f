//! No input makes the macro panic, and no input is lost: real items, mutated token by token.

use proc_macro2::{Group, TokenStream, TokenTree};
use proptest::prelude::*;
use quote::ToTokens;

use super::snapshots::{CASES, take};

const ARGS: &[&str] = &[
    "",
    "name = \"x\"",
    "name",
    "msg = M",
    "msg = &",
    "handler = handle",
    "handler = run",
    "run = handle",
    "run = run",
    "start = never",
    "start =",
    "sampler = a::b",
    "hop_limit = 3",
    "hop_limit = 0",
    "crate = \"::x\"",
    "crate = \"x\"",
    "crate = crate::y",
    "local",
    "name = \"y\"",
    "= =",
    "sample = 0.1",
    "'a",
    "{ }",
    "fanout_budget = 99999999999999",
];

thread_local! {
    static CORPUS: Vec<TokenStream> = corpus();
}

/// All annotated items of the cases, with the arguments taken off.
fn corpus() -> Vec<TokenStream> {
    let mut items = Vec::new();
    for case in CASES {
        for mut item in syn::parse_file(case).unwrap().items {
            if let syn::Item::Impl(block) = &mut item {
                for member in &mut block.items {
                    if let syn::ImplItem::Fn(method) = member {
                        take(&mut method.attrs);
                        items.push(method.to_token_stream());
                    }
                }
            }
            match &mut item {
                syn::Item::Enum(item) => take(&mut item.attrs),
                syn::Item::Struct(item) => take(&mut item.attrs),
                syn::Item::Impl(item) => take(&mut item.attrs),
                syn::Item::Mod(item) => take(&mut item.attrs),
                syn::Item::Fn(item) => take(&mut item.attrs),
                _ => None,
            };
            items.push(item.to_token_stream());
        }
    }
    items
}

/// A change to the token at a position, counted through all groups.
#[derive(Debug, Clone, Copy)]
enum Mutation {
    Delete,
    Duplicate,
    Swap,
    Empty,
    Replace(usize),
}

const TOKENS: &[&str] = &[
    "self",
    "fn",
    "async",
    "#",
    "_",
    "'a",
    "r#type",
    "::",
    "<",
    ">",
    "&",
    "=",
    "\"{r#_0} {r#type}\"",
    "0.5",
    "{}",
    "()",
    "impl",
    "Envelope",
    "traced",
    "M",
    "..",
    "|",
    "mut",
    "const",
    "unsafe",
    "dyn",
    "!",
];

fn mutate(tokens: TokenStream, at: &mut usize, mutation: Mutation) -> TokenStream {
    let mut output: Vec<TokenTree> = Vec::new();
    let mut swapped = None;
    for token in tokens {
        let here = *at == 0;
        *at = at.wrapping_sub(1);
        match (here, mutation, token) {
            (true, Mutation::Delete, _) => {}
            (true, Mutation::Duplicate, token) => output.extend([token.clone(), token]),
            (true, Mutation::Swap, token) => {
                swapped = Some(token);
                continue;
            }
            (true, Mutation::Empty, TokenTree::Group(group)) => {
                output.push(Group::new(group.delimiter(), TokenStream::new()).into());
            }
            (true, Mutation::Replace(with), _) => {
                output.extend(TOKENS[with % TOKENS.len()].parse::<TokenStream>().into_iter().flatten());
            }
            (_, _, TokenTree::Group(group)) => {
                let mut inner = Group::new(group.delimiter(), mutate(group.stream(), at, mutation));
                inner.set_span(group.span());
                output.push(inner.into());
            }
            (_, _, token) => output.push(token),
        }
        output.extend(swapped.take());
    }
    output.extend(swapped);
    output.into_iter().collect()
}

fn count(tokens: TokenStream) -> usize {
    tokens
        .into_iter()
        .map(|token| match token {
            TokenTree::Group(group) => 1 + count(group.stream()),
            _ => 1,
        })
        .sum()
}

/// Words and literals in a row, without helper attributes if they are to be skipped. Not punctuation, and not `where`: syn
/// leaves out what says nothing, such as the colon in `<A:>`.
fn flat(tokens: TokenStream, skip_helpers: bool, flattened: &mut Vec<String>) {
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        let helper = |next: &TokenTree| match next {
            TokenTree::Group(group) => {
                group.stream().into_iter().next().is_some_and(|first| first.to_string() == "traced")
            }
            _ => false,
        };
        match token {
            TokenTree::Punct(punct)
                if skip_helpers && punct.as_char() == '#' && tokens.next_if(helper).is_some() => {}
            TokenTree::Group(group) => flat(group.stream(), skip_helpers, flattened),
            TokenTree::Punct(_) => {}
            token if token.to_string() == "where" => {}
            token => flattened.push(token.to_string()),
        }
    }
}

fn mutations() -> impl Strategy<Value = Vec<(prop::sample::Index, Mutation)>> {
    let mutation = prop_oneof![
        Just(Mutation::Delete),
        Just(Mutation::Duplicate),
        Just(Mutation::Swap),
        Just(Mutation::Empty),
        any::<usize>().prop_map(Mutation::Replace),
    ];
    prop::collection::vec((any::<prop::sample::Index>(), mutation), 0..4)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_input_panics_or_is_lost(
        item in any::<prop::sample::Index>(),
        args in prop::collection::vec(prop::sample::select(ARGS), 0..4),
        mutations in mutations(),
    ) {
        let mut item = CORPUS.with(|corpus| item.get(corpus).clone());
        for (at, mutation) in mutations {
            let count = count(item.clone());
            if count > 0 {
                item = mutate(item, &mut at.index(count), mutation);
            }
        }
        let Ok(args) = args.join(", ").parse::<TokenStream>() else { return Ok(()) };

        let output = crate::traced(args, &item);

        let (mut before, mut after) = (Vec::new(), Vec::new());
        flat(item.clone(), true, &mut before);
        flat(output.clone(), false, &mut after);
        if after.iter().any(|token| token == "compile_error") {
            // syn also moves lifetimes to the front, so the order does not matter.
            let lost = before.iter().find(|token| match after.iter().position(|kept| kept == *token) {
                Some(at) => {
                    after.swap_remove(at);
                    false
                }
                None => true,
            });
            prop_assert_eq!(lost, None, "a token of the user's is lost\n{}\n{}", item, output);
        }
    }
}
