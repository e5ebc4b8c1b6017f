//! Answers questions about types from their tokens. A macro sees names and never definitions.

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::ext::IdentExt;
use syn::{
    GenericArgument, Ident, ItemUse, LitStr, Path, PathArguments, PathSegment, ReturnType, Type,
    TypeParamBound, UseTree,
};

/// Returns the name as text, without `r#`, with the location of the identifier.
pub(crate) fn plain(ident: &Ident) -> LitStr {
    LitStr::new(&ident.unraw().to_string(), ident.span())
}

/// Returns the path of a plain named type.
pub(crate) fn path(ty: &Type) -> Option<&Path> {
    match ty {
        Type::Group(group) => path(&group.elem),
        Type::Paren(paren) => path(&paren.elem),
        Type::Path(ty) if ty.qself.is_none() => Some(&ty.path),
        _ => None,
    }
}

/// Returns the name of a type, or of the trait of a `dyn Trait`.
pub(crate) fn named(ty: &Type) -> Option<&Ident> {
    match ty {
        Type::Group(group) => named(&group.elem),
        Type::Paren(paren) => named(&paren.elem),
        Type::TraitObject(object) => object.bounds.iter().find_map(|bound| match bound {
            TypeParamBound::Trait(bound) => bound.path.segments.last().map(|segment| &segment.ident),
            _ => None,
        }),
        ty => last_segment(ty).map(|segment| &segment.ident),
    }
}

pub(crate) fn last_segment(ty: &Type) -> Option<&PathSegment> {
    path(ty).and_then(|path| path.segments.last())
}

/// Returns whether the last segments of two types are equal.
///
/// A name without arguments stands for the type with any arguments: `msg = Message` finds `Message<T>`.
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

/// Types that are passed by value and are not messages: times, channels, containers.
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

/// Returns whether a parameter of this type may be a message that was not named.
pub(crate) fn may_be_message(ty: &Type) -> bool {
    last_segment(ty).is_some_and(|segment| !NOT_MESSAGES.iter().any(|name| segment.ident == name))
}

/// Returns whether the type is `impl Into<Envelope<M>>`, the parameter of a function written for envelopes.
pub(crate) fn is_into_envelope(ty: &Type) -> bool {
    matches!(ty, Type::ImplTrait(_)) && mentions(ty.to_token_stream(), &["Envelope"])
}

/// Returns whether a type has a message-like name: `RoomCommand`, `Msg`.
pub(crate) fn is_called_message(ty: &Type) -> bool {
    const ENDS: [&str; 19] = [
        "Message",
        "Msg",
        "Command",
        "Cmd",
        "Request",
        "Req",
        "Event",
        "Action",
        "Query",
        "Op",
        "Operation",
        "Input",
        "Signal",
        "Job",
        "Order",
        "Instruction",
        "Notification",
        "Call",
        "Packet",
    ];
    last_segment(ty).is_some_and(|segment| {
        let name = segment.ident.to_string();
        ENDS.iter().any(|end| name.ends_with(end))
    })
}

/// Returns whether a function with this return type can return a message: it is not empty, a `bool` or a number.
pub(crate) fn can_return_message(output: &ReturnType) -> bool {
    match output {
        ReturnType::Default => false,
        ReturnType::Type(_, ty) => can_be_message(ty),
    }
}

fn can_be_message(ty: &Type) -> bool {
    const NEVER: [&str; 19] = [
        "bool",
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
        "ExitCode",
        "JoinHandle",
        "ExitStatus",
        "Duration",
    ];
    match ty {
        Type::Never(_) => false,
        Type::Tuple(tuple) => tuple.elems.iter().any(can_be_message),
        Type::Group(group) => can_be_message(&group.elem),
        Type::Paren(paren) => can_be_message(&paren.elem),
        ty => last_segment(ty).is_none_or(|segment| {
            let name = segment.ident.to_string();
            match name.as_str() {
                // An error may hold anything. A value that ends a loop is not a message that the loop handed on.
                "Result" | "Option" | "Poll" | "ControlFlow" => {
                    arguments(segment).next().is_none_or(can_be_message)
                }
                name => !NEVER.contains(&name),
            }
        }),
    }
}

const RECEIVERS: [&str; 5] =
    ["Receiver", "UnboundedReceiver", "ReceiverStream", "UnboundedReceiverStream", "RecvStream"];
const SENDERS: [&str; 4] = ["Sender", "UnboundedSender", "WeakSender", "WeakUnboundedSender"];

/// Crates whose channels carry no trace, whatever the names of their types.
const FOREIGN: [&str; 11] = [
    "tokio",
    "std",
    "core",
    "alloc",
    "crossbeam",
    "crossbeam_channel",
    "futures",
    "futures_channel",
    "futures_util",
    "kanal",
    "tokio_stream",
];

/// The crates whose channels carry the trace. Their paths continue with those of the crates that they mirror.
const OURS: [&str; 2] = ["traced_actor", "traced_actor_channels"];

/// Returns whether the name of a type is that of an end of a channel.
pub(crate) fn is_channel(segment: &PathSegment) -> bool {
    RECEIVERS.iter().chain(&SENDERS).any(|name| segment.ident == name)
}

/// One end of a channel that a type owns.
pub(crate) struct Channel {
    /// The type of its messages.
    pub(crate) message: Type,
    /// The type of the channel as written, if it is plainly not ours.
    pub(crate) foreign: Option<Path>,
}

/// The meaning of names in view, as far as known.
#[derive(Default)]
pub(crate) struct Names {
    /// Names that a `use` imports from crates whose channels carry no trace.
    pub(crate) foreign: Vec<String>,
    /// Whether `tokio` is `traced_actor::tokio`, whose channels carry the trace.
    pub(crate) tokio_is_ours: bool,
}

impl Names {
    /// Returns whether a path that begins with this name leads to a crate whose channels carry no trace.
    pub(crate) fn is_foreign_crate(&self, first: &str, is_global: bool) -> bool {
        FOREIGN.contains(&first) && (is_global || !self.tokio_is_ours || first != "tokio")
    }

    /// Returns whether a path plainly leads to another crate's channel.
    fn is_foreign(&self, path: &Path) -> bool {
        let first = path.segments.first().map(|segment| segment.ident.to_string()).unwrap_or_default();
        if OURS.contains(&first.as_str()) {
            return false;
        }
        let is_global = path.leading_colon.is_some();
        let external = ["flume", "async_channel"].contains(&first.as_str()) && is_global;
        // An event is not a message to one actor.
        let event = path.segments.iter().any(|segment| segment.ident == "broadcast");
        let local = !is_global && self.foreign.contains(&first);
        event || external || local || self.is_foreign_crate(&first, is_global)
    }
}

/// Returns the receivers that a type owns: `Arc<Mutex<mpsc::Receiver<M>>>` has one of `M`.
pub(crate) fn received(ty: &Type, names: &Names) -> Vec<Channel> {
    channels(ty, &RECEIVERS, names)
}

/// Returns the senders that a type owns, like [`received`].
pub(crate) fn sent(ty: &Type) -> Vec<Type> {
    channels(ty, &SENDERS, &Names::default()).into_iter().map(|channel| channel.message).collect()
}

fn channels(ty: &Type, ends: &[&str], names: &Names) -> Vec<Channel> {
    let elements: Vec<&Type> = match ty {
        Type::Reference(ty) => vec![&ty.elem],
        Type::Group(ty) => vec![&ty.elem],
        Type::Paren(ty) => vec![&ty.elem],
        Type::Tuple(ty) => ty.elems.iter().collect(),
        _ => Vec::new(),
    };
    let mut found: Vec<Channel> = elements.into_iter().flat_map(|ty| channels(ty, ends, names)).collect();
    let Some(path) = path(ty) else { return found };

    let Some(segment) = path.segments.last() else { return found };
    let is_channel = ends.iter().any(|name| segment.ident == name);
    // The channels of replies and of states are not mailboxes.
    let other = ["oneshot", "watch"];
    if is_channel && path.segments.iter().any(|segment| other.iter().any(|name| segment.ident == name)) {
        return found;
    }
    for argument in arguments(segment) {
        if is_channel {
            let foreign = names.is_foreign(path).then(|| path.clone());
            found.push(Channel { message: argument.clone(), foreign });
        } else {
            found.extend(channels(argument, ends, names));
        }
    }
    found
}

/// Returns the names that a `use` imports from crates whose channels carry no trace. `names` has the meaning of
/// `tokio`.
pub(crate) fn imported(item: &ItemUse, names: &Names) -> Vec<String> {
    let is_global = item.leading_colon.is_some();
    imported_by(&item.tree, false, &|name| names.is_foreign_crate(name, is_global))
}

fn imported_by(tree: &UseTree, foreign: bool, is_foreign: &dyn Fn(&str) -> bool) -> Vec<String> {
    match tree {
        UseTree::Path(path) if OURS.iter().any(|ours| path.ident == ours) => Vec::new(),
        UseTree::Path(path) => {
            imported_by(&path.tree, foreign || is_foreign(&path.ident.to_string()), is_foreign)
        }
        UseTree::Group(group) => {
            group.items.iter().flat_map(|tree| imported_by(tree, foreign, is_foreign)).collect()
        }
        UseTree::Name(name) if foreign => vec![name.ident.to_string()],
        UseTree::Rename(rename) if foreign => vec![rename.rename.to_string()],
        _ => Vec::new(),
    }
}

/// Returns whether a `use` imports a `tokio` from somewhere, which is then not the crate of that name.
pub(crate) fn replaces_tokio(tree: &UseTree, inside: bool) -> bool {
    match tree {
        UseTree::Path(path) => replaces_tokio(&path.tree, true),
        UseTree::Group(group) => group.items.iter().any(|tree| replaces_tokio(tree, inside)),
        UseTree::Name(name) => inside && name.ident == "tokio",
        UseTree::Rename(rename) => inside && rename.rename == "tokio",
        UseTree::Glob(_) => false,
    }
}

/// Returns whether a path begins with `tokio` by that name alone.
///
/// It may be the crate, or the `traced_actor::tokio` of a `use` that is not in view.
pub(crate) fn may_be_our_tokio(path: &Path) -> bool {
    let first = path.segments.first().is_some_and(|segment| segment.ident == "tokio");
    first && path.leading_colon.is_none() && path.segments.iter().all(|segment| segment.ident != "broadcast")
}

/// The form in which a handler's parameter holds its message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// `M`
    Plain,
    /// `Option<M>`
    Option,
    /// `Envelope<M>`
    Envelope,
}

/// Returns the message in a parameter's type, and the form in which it is held.
pub(crate) fn held(ty: &Type) -> (&Type, Form) {
    let Some(segment) = last_segment(ty) else { return (ty, Form::Plain) };
    let form = match segment.ident.to_string().as_str() {
        "Option" => Form::Option,
        "Envelope" => Form::Envelope,
        _ => return (ty, Form::Plain),
    };
    let mut arguments = arguments(segment);
    match (arguments.next(), arguments.next()) {
        (Some(message), None) => (message, form),
        _ => (ty, Form::Plain),
    }
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

/// Returns the location of an elided lifetime, as far as the tokens show it.
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

/// Returns whether there is any lifetime except `'static`, named or not.
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

/// The form of the future that a function returns without being async.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Returned {
    /// `impl Future<..>`
    Future,
    /// `Pin<Box<dyn Future<..>>>`, by that name or by that of `futures`
    Boxed,
    /// A future in another type
    Inside,
}

/// Returns the form of the future that this type names, if it names one.
pub(crate) fn returned_future(output: &ReturnType) -> Option<Returned> {
    let ReturnType::Type(_, ty) = output else { return None };
    if is_impl_future(ty) {
        return Some(Returned::Future);
    }
    let is_boxed = last_segment(ty).is_some_and(|segment| {
        let of_box = |ty: &Type| {
            let boxed = last_segment(ty).filter(|segment| segment.ident == "Box");
            boxed.is_some_and(|segment| arguments(segment).any(is_dyn_future))
        };
        segment.ident == "BoxFuture"
            || segment.ident == "LocalBoxFuture"
            || segment.ident == "Pin" && arguments(segment).any(of_box)
    });
    if is_boxed {
        return Some(Returned::Boxed);
    }
    mentions(ty.to_token_stream(), &["Future", "BoxFuture", "LocalBoxFuture"]).then_some(Returned::Inside)
}

fn is_impl_future(ty: &Type) -> bool {
    impl_future(ty).is_some()
}

/// Returns the `Future<..>` of an `impl Future<..>`.
fn impl_future(ty: &Type) -> Option<&PathSegment> {
    match ty {
        Type::ImplTrait(ty) => ty.bounds.iter().find_map(future),
        Type::Group(group) => impl_future(&group.elem),
        Type::Paren(paren) => impl_future(&paren.elem),
        _ => None,
    }
}

/// Returns the `T` of an `impl Future<Output = T>`.
pub(crate) fn future_output(output: &ReturnType) -> Option<&Type> {
    let ReturnType::Type(_, ty) = output else { return None };
    let PathArguments::AngleBracketed(arguments) = &impl_future(ty)?.arguments else { return None };
    arguments.args.iter().find_map(|argument| match argument {
        GenericArgument::AssocType(of) if of.ident == "Output" => Some(&of.ty),
        _ => None,
    })
}

fn is_dyn_future(ty: &Type) -> bool {
    match ty {
        Type::TraitObject(ty) => ty.bounds.iter().any(|bound| future(bound).is_some()),
        ty => is_impl_future(ty),
    }
}

fn future(bound: &TypeParamBound) -> Option<&PathSegment> {
    match bound {
        TypeParamBound::Trait(bound) => {
            bound.path.segments.last().filter(|segment| segment.ident == "Future")
        }
        _ => None,
    }
}

/// Returns whether the return type lists its captures: `impl Iterator + use<'_>`.
pub(crate) fn captures(output: &ReturnType) -> bool {
    find(output.to_token_stream(), &mut |token, next| {
        let use_of = matches!(token, TokenTree::Ident(ident) if ident == "use")
            && matches!(next, Some(TokenTree::Punct(punct)) if punct.as_char() == '<');
        use_of.then_some(())
    })
    .is_some()
}

/// Returns the return type with one more captured parameter.
//
// Input:  impl Iterator + use<'_>
// Output: impl Iterator + use<'_, M>
pub(crate) fn capturing(output: &ReturnType, name: &Ident) -> ReturnType {
    let ReturnType::Type(arrow, ty) = output else { return output.clone() };
    if !captures(output) {
        return output.clone();
    }
    let ty = Type::Verbatim(with_capture(ty.to_token_stream(), name));
    ReturnType::Type(*arrow, Box::new(ty))
}

fn with_capture(tokens: TokenStream, name: &Ident) -> TokenStream {
    let mut output = TokenStream::new();
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        let is_use = matches!(&token, TokenTree::Ident(ident) if ident == "use");
        match token {
            TokenTree::Group(group) => {
                let mut inner =
                    proc_macro2::Group::new(group.delimiter(), with_capture(group.stream(), name));
                inner.set_span(group.span());
                output.extend([TokenTree::from(inner)]);
            }
            token => output.extend([token]),
        }
        if is_use {
            // Captures contain no nested angle brackets.
            let mut ends_with_comma = true;
            for token in tokens.by_ref() {
                match &token {
                    TokenTree::Punct(punct) if punct.as_char() == '>' => {
                        let comma = (!ends_with_comma).then(|| quote!(,));
                        output.extend(quote!(#comma #name));
                        output.extend([token]);
                        break;
                    }
                    TokenTree::Punct(punct) => ends_with_comma = matches!(punct.as_char(), ',' | '<'),
                    _ => ends_with_comma = false,
                }
                output.extend([token]);
            }
        }
    }
    output
}

/// Returns the output type of a function.
pub(crate) fn output(output: &ReturnType) -> TokenStream {
    match output {
        ReturnType::Default => quote!(()),
        ReturnType::Type(_, ty) => ty.to_token_stream(),
    }
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

/// Returns whether any of the names occurs, at any depth.
pub(crate) fn mentions(tokens: TokenStream, names: &[&str]) -> bool {
    mentions_any(tokens, &|ident| names.iter().any(|name| ident == name))
}

/// Returns whether any name occurs that is looked for, at any depth.
pub(crate) fn mentions_any(tokens: TokenStream, is_one: &impl Fn(&Ident) -> bool) -> bool {
    let mut ask = |token: &TokenTree, _: Option<&TokenTree>| match token {
        TokenTree::Ident(ident) if is_one(ident) => Some(()),
        _ => None,
    };
    find(tokens, &mut ask).is_some()
}

/// Returns the first result of `ask` for a token and the token after it, depth first.
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
