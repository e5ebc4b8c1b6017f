//! The rules for `impl ractor::Actor for ..`.

use syn::{Ident, Path};

use crate::errors::Errors;
use crate::model::{Actor, Function};
use crate::types;

/// The number of parameters of `handle` besides `self`: the actor's reference, the message and the state.
const PARAMETERS: usize = 3;

/// Reports everything that is wrong with the impl.
pub(crate) fn actor(actor: &Actor, errors: &Errors) {
    let Some((path, _)) = &actor.header.trait_ else { return };
    if is_factory(path) {
        errors.at(
            path,
            "a job of a factory is a message of ractor's own, which carries no trace: remove this `#[traced_actor(ractor)]`; to \
             continue a trace, send `traced_actor::Envelope::capture(message)` in the job, and open it in `handle`",
        );
        return;
    }
    match actor.functions().find(|function| function.sig.ident == "handle") {
        None => errors.at(
            path,
            "nothing to trace here: no `handle`; `#[traced_actor(ractor)]` goes on `impl ractor::Actor for ..` that handles \
             messages",
        ),
        Some(handle) => is_rewritable(handle, errors),
    }
}

fn is_factory(path: &Path) -> bool {
    path.segments.last().is_some_and(|last| last.ident == "Worker")
}

fn is_rewritable(handle: &Function, errors: &Errors) {
    let ident: &Ident = &handle.sig.ident;
    if handle.sig.asyncness.is_none() && types::future_output(&handle.sig.output).is_none() {
        let message = if types::mentions(quote::ToTokens::to_token_stream(&handle.sig.output), &["Box"]) {
            "another attribute has already rewritten this function: write `#[traced_actor(ractor)]` above `#[async_trait]`"
        } else {
            "write this as `async fn handle`: the span of the message is open while its future runs"
        };
        errors.at(ident, message);
    } else if handle.parameters().count() != PARAMETERS {
        errors.at(
            ident,
            "this is not ractor's `handle(&self, myself: ActorRef<M>, message: M, state: &mut State)`",
        );
    }
}
