//! The rules for `impl actix::Actor for ..`.

use crate::errors::Errors;
use crate::model::Actor;

/// Reports what is wrong with the impl.
pub(crate) fn actor(actor: &Actor, errors: &Errors) {
    let Some((path, _)) = &actor.header.trait_ else { return };
    let Some(last) = path.segments.last().map(|segment| segment.ident.to_string()) else { return };
    let instead = match &*last {
        "Actor" => return,
        "Handler" => {
            "an actor is annotated once, for all its handlers: move this `#[traced_actor(actix)]` to its `impl Actor for ..`; the \
             options of one kind of message go on the message type"
        }
        "Message" => "write this on the message's struct or enum: `#[traced_actor(actix)] struct ..`",
        _ => {
            "nothing to trace here: `#[traced_actor(actix)]` goes on `impl actix::Actor for ..`, and on message types"
        }
    };
    errors.at(path, instead);
}
