//! Finds the name of the actor that a free function works for, or a function of another type's impl.

use quote::ToTokens;
use syn::{Ident, Pat, Type};

use super::choose::is_send;
use super::entry::Entry;
use crate::body::Token::{self, Group, Mark, Word};
use crate::model::Function;
use crate::types;

/// Returns the actor of a loop.
///
/// It is the type of the parameter that the loop receives from: `run_guild(mut guild: Guild)` works for `Guild`.
/// Otherwise it is the type whose handler gets the message. Otherwise the message gives the name.
pub(super) fn of_loop(entry: &Entry<'_>, entries: &[Entry<'_>], actors: &[Ident]) -> Option<Ident> {
    let function = entry.function;
    of_actor_in_view(function, actors)
        .or_else(|| of_parameter(entry))
        .or_else(|| {
            // A socket that the message is sent to is not an actor.
            let mut handled = entry.handed().into_iter().filter(|call| !(call.method && is_send(&call.name)));
            handled.find_map(|call| {
                let state = match (call.on, call.lent.as_slice()) {
                    (Some(on), _) => on,
                    (None, [state]) => state.clone(),
                    _ => return None,
                };
                if state.starts_with(|first: char| first.is_uppercase()) && state != "Self" {
                    return Some(Ident::new(&state, function.sig.ident.span()));
                }
                let parameter = parameters(function).find(|(name, _)| *name == state);
                parameter
                    .and_then(|(_, ty)| actor(function, ty))
                    .or_else(|| made(&entry.body.tokens, &state, function))
            })
        })
        .or_else(|| {
            let handed = entry.handed();
            let mut targets = handed.iter().filter_map(|call| {
                let to =
                    entries.iter().find(|to| to.owner.is_none() && to.function.sig.ident == call.name)?;
                of_handler(to.function, actors)
            });
            targets.next()
        })
}

/// Returns the type of the parameter that a loop receives from: `Guild` of `start(mut guild: Guild)`.
pub(super) fn of_parameter(entry: &Entry<'_>) -> Option<Ident> {
    // If the mailbox is a separate parameter, other values that yield something are not actors.
    let is_it = |(name, _): &(String, &Type)| {
        entry.locals.known.is_empty() && receives_from(&entry.body.tokens, name)
    };
    let (name, ty) = parameters(entry.function).find(is_it).filter(|_| !entry.function.has_receiver())?;
    // A parameter of the impl has no fields.
    let is_type = entry.owner.is_none() || has_field(&entry.body.tokens, &name);
    is_type.then(|| actor(entry.function, ty)).flatten()
}

/// Returns whether a field of `name` is used.
fn has_field(tokens: &[Token], name: &str) -> bool {
    (0..tokens.len()).any(|at| match tokens.get(at..).unwrap_or_default() {
        [Word(word), Mark("."), Word(_), next, ..] if word == name => !matches!(next, Group(..)),
        [Group(_, inner), ..] => has_field(inner, name),
        _ => false,
    })
}

/// Returns the type of a free handler's only `&mut` parameter: `fn on_message(guild: &mut Guild, message: Message)`.
pub(super) fn of_handler(function: &Function, actors: &[Ident]) -> Option<Ident> {
    of_actor_in_view(function, actors).or_else(|| {
        let mut states = function.parameters().filter(
            |parameter| matches!(&*parameter.ty, Type::Reference(reference) if reference.mutability.is_some()),
        );
        match (states.next(), states.next()) {
            (Some(state), None) => actor(function, &state.ty),
            _ => None,
        }
    })
}

/// Returns the type of a parameter whose impl is in view.
fn of_actor_in_view(function: &Function, actors: &[Ident]) -> Option<Ident> {
    function.parameters().find_map(|parameter| {
        let name = &types::last_segment(pointee(&parameter.ty))?.ident;
        actors.iter().find(|actor| *actor == name).cloned()
    })
}

fn parameters(function: &Function) -> impl Iterator<Item = (String, &Type)> {
    function.parameters().filter_map(|parameter| match &*parameter.pat {
        Pat::Ident(pat) => Some((pat.ident.to_string(), &*parameter.ty)),
        _ => None,
    })
}

/// Returns the type behind a reference, a box, a pin and similar.
fn pointee(ty: &Type) -> &Type {
    match ty {
        Type::Reference(reference) => pointee(&reference.elem),
        Type::Group(group) => pointee(&group.elem),
        Type::Paren(paren) => pointee(&paren.elem),
        ty => match types::last_segment(ty) {
            Some(segment)
                if ["Box", "Arc", "Rc", "Pin", "Mutex", "RwLock"]
                    .iter()
                    .any(|name| segment.ident == name) =>
            {
                types::arguments(segment).next().map_or(ty, pointee)
            }
            _ => ty,
        },
    }
}

/// Returns a type that can be an actor: not a channel, not a container, and not one of the function's own parameters.
fn actor(function: &Function, ty: &Type) -> Option<Ident> {
    let ty = pointee(ty);
    let segment = types::last_segment(ty)?;
    let own = function.sig.generics.type_params().any(|param| param.ident == segment.ident);
    let is_path = ty.to_token_stream().into_iter().next().is_some();
    (is_path && !own && types::may_be_message(ty) && !types::is_channel(segment))
        .then(|| segment.ident.clone())
}

/// Returns whether the body receives from a field of `name`, as in `guild.inbox.recv()`, or by a method of it.
fn receives_from(tokens: &[Token], name: &str) -> bool {
    let is_receive = |word: &str| word.contains("recv") || word.contains("next");
    let is_plain = |word: &str| word.ends_with("recv") || matches!(word, "recv_many" | "recv_async" | "next");
    (0..tokens.len()).any(|at| match tokens.get(at..).unwrap_or_default() {
        [Word(word), Mark("."), rest @ ..]
            if word == name && tokens.get(at.wrapping_sub(1)) != Some(&Mark(".")) =>
        {
            let chain = rest.iter().take_while(|token| {
                matches!(token, Word(_) | Mark("." | "?") | Group(proc_macro2::Delimiter::Parenthesis, _))
            });
            // The first word is the field or the method that leads to the receiver.
            let mut words = chain.filter_map(|token| match token {
                Word(word) => Some(word.as_str()),
                _ => None,
            });
            let first = words.next();
            words.any(is_receive) || first.is_some_and(|first| is_receive(first) && !is_plain(first))
        }
        [Group(_, inner), ..] => receives_from(inner, name),
        _ => false,
    })
}

/// Returns the type of a variable's value: `let mut guild = Guild::new();`, `let guild = Guild { .. };`.
fn made(tokens: &[Token], name: &str, function: &Function) -> Option<Ident> {
    (0..tokens.len()).find_map(|at| match tokens.get(at..).unwrap_or_default() {
        [Word(word), rest @ ..] if word == "let" => {
            let equals = rest.iter().position(|token| *token == Mark("="))?;
            let pattern = rest.get(..equals)?;
            let variable = pattern.iter().find(|token| !matches!(token, Word(word) if word == "mut"))?;
            let mut path =
                rest.get(equals + 1..)?.iter().take_while(|token| matches!(token, Word(_) | Mark("::")));
            let is_type = |word: &str| word.starts_with(|first: char| first.is_uppercase());
            let ty = path.find_map(|token| match token {
                Word(word) if is_type(word) => Some(word.clone()),
                _ => None,
            })?;
            (*variable == Word(name.to_owned())).then(|| Ident::new(&ty, function.sig.ident.span()))
        }
        [Group(_, inner), ..] => made(inner, name, function),
        _ => None,
    })
}
