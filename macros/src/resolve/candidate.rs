//! A function that may be a handler.

use syn::Type;

use super::entry::Entry;
use crate::model::MessageInput;
use crate::types::held;

/// A function that may be a handler, and its message.
pub(super) struct Candidate<'a> {
    pub(super) entry: &'a Entry<'a>,
    pub(super) at: usize,
    pub(super) mailbox: MessageInput,
}

impl<'a> Candidate<'a> {
    pub(super) fn new(entry: &'a Entry<'a>, at: usize, input: usize, ty: &Type) -> Self {
        Self { entry, at, mailbox: mailbox(input, ty) }
    }
}

pub(super) fn mailbox(input: usize, ty: &Type) -> MessageInput {
    let (message, form) = held(ty);
    MessageInput { input, message: message.clone(), form }
}
