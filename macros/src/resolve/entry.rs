//! A function in view, and what its body does.

use std::collections::BTreeSet;

use proc_macro2::Delimiter;
use syn::Ident;

use super::signature::can_loop;
use super::view::{self, Fields, View};
use crate::attr::actor::Args;
use crate::body::{self, Body, Token};
use crate::dataflow::{Flow, Handed};
use crate::model::Function;
use crate::receive::Mailboxes;
use crate::types::Names;

use Token::{Group, Mark, Word};

pub(super) struct Entry<'a> {
    pub(super) function: &'a Function,
    /// The type of the impl that it stands in.
    pub(super) owner: Option<String>,
    pub(super) body: Body,
    /// The parameters and variables that hold a receiver.
    pub(super) locals: Fields,
    /// The mailboxes that its body can receive from.
    pub(super) mailboxes: Mailboxes,
}

impl<'a> Entry<'a> {
    pub(super) fn new(function: &'a Function, owner: Option<&Ident>, view: &View) -> Self {
        let body = Body::read(function.statements());
        let mut locals = view::parameters(function, view);
        let mut see = |tokens: &[Token]| variables(tokens, &view.names, &mut locals);
        see(&body.tokens);
        body.blocks.iter().for_each(|block| see(&block.tokens));
        Self {
            function,
            owner: owner.map(ToString::to_string),
            body,
            locals,
            mailboxes: Mailboxes::default(),
        }
    }

    pub(super) fn is_named_run(&self, args: &Args) -> bool {
        self.function.is_marked_run() || args.run.as_ref() == Some(&self.function.sig.ident)
    }

    pub(super) fn can_loop(&self) -> bool {
        can_loop(self.function)
    }

    /// Returns whether code that runs with the function receives.
    pub(super) fn receives(&self) -> bool {
        self.mailboxes.is_receive(&self.body.tokens)
    }

    /// Returns whether code that runs with the function receives from a mailbox behind a lock.
    pub(super) fn shares_mailbox(&self) -> bool {
        self.mailboxes.is_shared_receive(&self.body.tokens)
    }

    /// Returns the first block or closure that receives by itself.
    pub(super) fn receiving_block(&self) -> Option<&body::Block> {
        let mut blocks = self.body.blocks.iter().filter(|block| self.mailboxes.is_receive(&block.tokens));
        let first = blocks.next()?;
        // One that is not traced, because that one needs a change.
        Some(blocks.find(|block| !block.traced).filter(|_| first.traced).unwrap_or(first))
    }

    /// Returns whether it receives, here or in blocks, and from receivers alone that are plainly not ours.
    pub(super) fn receives_from_others_only(&self) -> bool {
        let mut bodies =
            std::iter::once(&self.body.tokens).chain(self.body.blocks.iter().map(|block| &block.tokens));
        bodies.any(|tokens| self.mailboxes.is_foreign_receive(tokens))
            && !self.receives()
            && self.receiving_block().is_none()
    }

    pub(super) fn flow(&self) -> Flow<'_> {
        Flow::of(&self.body.tokens, &self.mailboxes)
    }

    /// Returns the calls that take a whole message, in the function and its blocks.
    pub(super) fn handed(&self) -> Vec<Handed> {
        self.handed_from(&self.mailboxes)
    }

    /// Returns the same for messages of receivers that are plainly not ours.
    pub(super) fn handed_by_others(&self) -> Vec<Handed> {
        let known = self.mailboxes.foreign.clone();
        let foreign = self.mailboxes.known.clone();
        self.handed_from(&Mailboxes { known, foreign, ..Mailboxes::default() })
    }

    fn handed_from(&self, mailboxes: &Mailboxes) -> Vec<Handed> {
        let flow = Flow::of(&self.body.tokens, mailboxes);
        let whole = flow.whole().clone();
        let of_block = |block: &body::Block| {
            // The message moves into the block of a task. The parameters of a closure have names of their own.
            let whole = if block.is_future { whole.clone() } else { BTreeSet::new() };
            Flow::with(&block.tokens, mailboxes, whole).handed()
        };
        let of_blocks: Vec<Handed> = self.body.blocks.iter().flat_map(of_block).collect();
        flow.handed().into_iter().chain(of_blocks).collect()
    }

    /// Returns whether a whole message leaves through a `&mut Vec<M>` of the caller.
    pub(super) fn fills_parameter(&self) -> bool {
        let flow = self.flow();
        self.function.parameters().any(|parameter| {
            matches!(&*parameter.pat, syn::Pat::Ident(pat) if flow.fills(&pat.ident.to_string()))
                && matches!(&*parameter.ty, syn::Type::Reference(_))
        })
    }

    /// Returns the fields of `self` that a batch is put into, and that are not used otherwise here.
    pub(super) fn fills_fields(&self) -> BTreeSet<String> {
        let mut fields = self.flow().filled_fields();
        fields.retain(|name| {
            body::count(&self.body.tokens, &|token| matches!(token, Word(word) if word == name)) == 1
        });
        fields
    }

    /// Returns whether a variable is the actor itself: `let this = self.clone();`, `Arc::clone(&self)`.
    pub(super) fn is_itself(&self, variable: &str) -> bool {
        self.function.has_receiver() && is_clone_of_self(&self.body.tokens, variable)
    }

    pub(super) fn calls(&self, name: &str) -> bool {
        body::any(&self.body.tokens, &|token| matches!(token, Word(word) if word == name))
            || self
                .body
                .blocks
                .iter()
                .any(|block| body::any(&block.tokens, &|token| matches!(token, Word(word) if word == name)))
    }

    /// Returns the fields of `Self { .. }` that get a receiver here.
    pub(super) fn filled_fields(&self) -> Fields {
        let mut fields = Fields::default();
        let mut see = |tokens: &[Token]| fill(tokens, self.owner.as_deref(), &self.locals, &mut fields);
        see(&self.body.tokens);
        self.body.blocks.iter().for_each(|block| see(&block.tokens));
        fields
    }
}

fn is_clone_of_self(tokens: &[Token], variable: &str) -> bool {
    let is_self = |token: &Token| *token == Word("self".into());
    (0..tokens.len()).any(|at| match tokens.get(at..).unwrap_or_default() {
        [Word(word), Word(name), Mark("="), value @ ..] if word == "let" && name == variable => match value {
            [of, Mark("."), Word(method), Group(_, _), Mark(";"), ..] => is_self(of) && method == "clone",
            [Word(_), Mark("::"), Word(method), Group(_, of), Mark(";"), ..] => {
                method == "clone" && matches!(of.as_slice(), [Mark("&"), of] if is_self(of))
            }
            _ => false,
        },
        [Group(_, inner), ..] => is_clone_of_self(inner, variable),
        _ => false,
    })
}

/// Finds variables that are created from a path of another crate's channel, or from a stream of ours.
fn variables(tokens: &[Token], names: &Names, locals: &mut Fields) {
    for at in 0..tokens.len() {
        match tokens.get(at..).unwrap_or_default() {
            [Word(word), rest @ ..] if word == "let" => {
                let equals = rest.iter().position(|token| *token == Mark("=")).unwrap_or(rest.len());
                let value = rest.get(equals + 1..).unwrap_or_default();
                let end = value.iter().position(|token| *token == Mark(";")).unwrap_or(value.len());
                let (pattern, value) =
                    (rest.get(..equals).unwrap_or_default(), value.get(..end).unwrap_or_default());
                let mentions = |names: &[&str]| {
                    body::any(value, &|token| matches!(token, Word(word) if names.contains(&word.as_str())))
                };
                let is_channel =
                    mentions(&["mpsc", "channel", "unbounded_channel", "bounded", "unbounded", "broadcast"]);
                let is_global = value.first() == Some(&Mark("::"));
                let variables = match value.get(usize::from(is_global)..).unwrap_or_default() {
                    [Word(first), Mark("::"), ..]
                        if names.is_foreign_crate(first, is_global) && is_channel =>
                    {
                        &mut locals.foreign
                    }
                    _ if mentions(&["ReceiverStream", "UnboundedReceiverStream", "into_stream"]) => {
                        &mut locals.known
                    }
                    _ => continue,
                };
                words(pattern, &mut |word| {
                    variables.insert(word.to_owned());
                });
            }
            [Group(_, inner), ..] => variables(inner, names, locals),
            _ => {}
        }
    }
}

fn words(tokens: &[Token], see: &mut impl FnMut(&str)) {
    for token in tokens {
        match token {
            Word(word) if word != "mut" => see(word),
            Group(_, inner) => words(inner, see),
            _ => {}
        }
    }
}

/// Finds the fields that get a receiver in `Self { inbox: rx, frames }`.
fn fill(tokens: &[Token], owner: Option<&str>, locals: &Fields, fields: &mut Fields) {
    for at in 0..tokens.len() {
        if let Some([Word(word), Group(Delimiter::Brace, inner), ..]) = tokens.get(at..)
            && (word == "Self" || Some(word.as_str()) == owner)
        {
            for field in inner.split(|token| *token == Mark(",")) {
                let (name, value) = match field {
                    [Word(name)] => (name, name.as_str()),
                    [Word(name), Mark(":"), Word(value)] => (name, value.as_str()),
                    // `frames: ReceiverStream::new(frames)`
                    [Word(name), Mark(":"), Word(_), Mark("::"), Word(_), Group(_, argument)] => {
                        match argument.as_slice() {
                            [Word(value)] => (name, value.as_str()),
                            _ => continue,
                        }
                    }
                    _ => continue,
                };
                if locals.known.contains(value) {
                    fields.known.insert(name.clone());
                } else if locals.foreign.contains(value) {
                    fields.foreign.insert(name.clone());
                }
            }
        }
        if let Some(Group(_, inner)) = tokens.get(at) {
            fill(inner, owner, locals, fields);
        }
    }
}
