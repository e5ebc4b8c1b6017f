//! Questions about types, answered from their tokens: a macro sees names, never definitions.

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::{GenericArgument, Ident, LitStr, Path, PathArguments, PathSegment, ReturnType, Type};

/// The name as text, without `r#`, spanned like the identifier.
pub(crate) fn plain(ident: &Ident) -> LitStr {
    LitStr::new(&ident.unraw().to_string(), ident.span())
}

/// The path of a plain named type.
pub(crate) fn path(ty: &Type) -> Option<&Path> {
    match ty {
        Type::Group(group) => path(&group.elem),
        Type::Paren(paren) => path(&paren.elem),
        Type::Path(ty) if ty.qself.is_none() => Some(&ty.path),
        _ => None,
    }
}

pub(crate) fn last_segment(ty: &Type) -> Option<&PathSegment> {
    path(ty).and_then(|path| path.segments.last())
}

/// Whether two types are the same as far as their last segments tell. A name without arguments
/// stands for the type with any: `msg = Message` finds `Message<T>`.
pub(crate) fn same(a: &Type, b: &Type) -> bool {
    match (last_segment(a), last_segment(b)) {
        (Some(a), Some(b)) => {
            a.ident == b.ident
                && (a.arguments.is_none()
                    || b.arguments.is_none()
                    || text(&a.arguments) == text(&b.arguments))
        }
        (None, None) => text(a) == text(b),
        _ => false,
    }
}

pub(crate) fn text(tokens: impl ToTokens) -> String {
    tokens.into_token_stream().to_string()
}

/// Types that are passed by value and are no messages: time, channels, containers.
const NOT_MESSAGES: [&str; 34] = [
    "bool",
    "char",
    "u8",
    "u16",
    "u32",
    "u64",
    "u128",
    "usize",
    "i8",
    "i16",
    "i32",
    "i64",
    "i128",
    "isize",
    "f32",
    "f64",
    "str",
    "String",
    "Instant",
    "Duration",
    "SystemTime",
    "Option",
    "Result",
    "Vec",
    "Arc",
    "Rc",
    "Receiver",
    "UnboundedReceiver",
    "Sender",
    "UnboundedSender",
    "WeakSender",
    "Span",
    "Self",
    "CancellationToken",
];

/// Whether a parameter of this type may be a message that nobody named.
pub(crate) fn may_be_message(ty: &Type) -> bool {
    last_segment(ty).is_some_and(|segment| !NOT_MESSAGES.iter().any(|name| segment.ident == name))
}

/// `Envelope<M>` or `impl Into<Envelope<M>>`: what a function written for envelopes takes.
pub(crate) fn is_envelope(ty: &Type) -> bool {
    match ty {
        Type::ImplTrait(_) => mentions(ty.to_token_stream(), &["Envelope"]),
        _ => last_segment(ty).is_some_and(|segment| segment.ident == "Envelope"),
    }
}

const RECEIVERS: [&str; 4] = ["Receiver", "UnboundedReceiver", "ReceiverStream", "UnboundedReceiverStream"];
const SENDERS: [&str; 4] = ["Sender", "UnboundedSender", "WeakSender", "WeakUnboundedSender"];

/// The message types of the mailboxes that a type owns: `Arc<Mutex<mpsc::Receiver<M>>>` has `M`.
pub(crate) fn received(ty: &Type) -> Vec<Type> {
    channels(ty, &RECEIVERS)
}

/// The same for the sending side.
pub(crate) fn sent(ty: &Type) -> Vec<Type> {
    channels(ty, &SENDERS)
}

fn channels(ty: &Type, names: &[&str]) -> Vec<Type> {
    let elements: Vec<&Type> = match ty {
        Type::Reference(ty) => vec![&ty.elem],
        Type::Group(ty) => vec![&ty.elem],
        Type::Paren(ty) => vec![&ty.elem],
        Type::Tuple(ty) => ty.elems.iter().collect(),
        _ => Vec::new(),
    };
    let mut found: Vec<Type> = elements.into_iter().flat_map(|ty| channels(ty, names)).collect();
    let Some(path) = path(ty) else { return found };

    // A reply, a state and an event are no mailboxes.
    let other = ["oneshot", "watch", "broadcast"];
    if path.segments.iter().any(|segment| other.iter().any(|name| segment.ident == name)) {
        return found;
    }
    let Some(segment) = path.segments.last() else { return found };
    for argument in arguments(segment) {
        if names.iter().any(|name| segment.ident == name) {
            found.push(argument.clone());
        } else {
            found.extend(channels(argument, names));
        }
    }
    found
}

pub(crate) fn arguments(segment: &PathSegment) -> impl Iterator<Item = &Type> {
    let arguments = match &segment.arguments {
        PathArguments::AngleBracketed(arguments) => Some(arguments.args.iter()),
        _ => None,
    };
    arguments.into_iter().flatten().filter_map(|argument| match argument {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    })
}

/// A lifetime that was left out, as far as the tokens show it.
pub(crate) fn elided_lifetime(ty: &Type) -> Option<Span> {
    find(ty.to_token_stream(), &mut |token, next| match (token, next) {
        (TokenTree::Punct(punct), Some(TokenTree::Ident(name))) if punct.as_char() == '\'' && name == "_" => {
            Some(name.span())
        }
        (TokenTree::Punct(punct), next) if punct.as_char() == '&' => {
            let named = matches!(next, Some(TokenTree::Punct(quote)) if quote.as_char() == '\'');
            (!named).then(|| punct.span())
        }
        _ => None,
    })
}

/// Any lifetime but `'static`, named or not.
pub(crate) fn borrows(ty: impl ToTokens) -> bool {
    let found = find(ty.into_token_stream(), &mut |token, next| match (token, next) {
        (TokenTree::Punct(punct), Some(TokenTree::Ident(name))) if punct.as_char() == '\'' => {
            (name != "static").then_some(())
        }
        (TokenTree::Punct(punct), next) if punct.as_char() == '&' => {
            let named = matches!(next, Some(TokenTree::Punct(quote)) if quote.as_char() == '\'');
            (!named).then_some(())
        }
        _ => None,
    });
    found.is_some()
}

/// Whether a function that is not async returns a future all the same.
pub(crate) fn is_future(output: &ReturnType) -> bool {
    mentions(output.to_token_stream(), &["Future", "BoxFuture", "LocalBoxFuture"])
}

pub(crate) fn is_unit(output: &ReturnType) -> bool {
    match output {
        ReturnType::Default => true,
        ReturnType::Type(_, ty) => matches!(&**ty, Type::Tuple(tuple) if tuple.elems.is_empty()),
    }
}

pub(crate) fn is_never(output: &ReturnType) -> bool {
    matches!(output, ReturnType::Type(_, ty) if matches!(&**ty, Type::Never(_)))
}

/// Whether any of the names occurs, at any depth.
pub(crate) fn mentions(tokens: TokenStream, names: &[&str]) -> bool {
    find(tokens, &mut |token, _| match token {
        TokenTree::Ident(ident) if names.iter().any(|name| ident == name) => Some(()),
        _ => None,
    })
    .is_some()
}

/// The first answer that `ask` gives for a token and the one behind it, depth first.
pub(crate) fn find<T>(
    tokens: TokenStream,
    ask: &mut impl FnMut(&TokenTree, Option<&TokenTree>) -> Option<T>,
) -> Option<T> {
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        if let Some(found) = ask(&token, tokens.peek()) {
            return Some(found);
        }
        if let TokenTree::Group(group) = &token
            && let Some(found) = find(group.stream(), ask)
        {
            return Some(found);
        }
    }
    None
}
