//! Finds the calls in a body that take a message out of a mailbox.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::Delimiter;

use crate::body::Token::{self, Group, Mark, Word};

/// The mailboxes that a body can reach.
#[derive(Default, Clone)]
pub(crate) struct Mailboxes {
    /// Fields and variables that hold a receiver or its stream.
    pub(crate) known: BTreeSet<String>,
    /// Those that hold a receiver that is plainly not ours: its messages carry no trace.
    pub(crate) foreign: BTreeSet<String>,
    /// The functions in view that receive for their callers, and what they return.
    pub(crate) helpers: BTreeMap<String, Received>,
    /// The fields that helpers put batches into.
    pub(crate) buffers: BTreeSet<String>,
    /// The constructors that functions in view wrap a message by: `Event::Task`.
    pub(crate) wrappers: BTreeSet<String>,
    /// The collections that hold messages for later, and how. If there are any, only they yield messages.
    pub(crate) stashes: BTreeMap<String, Carry>,
    /// Whether `stream.next().await` may receive, because nothing else in view certainly receives.
    pub(crate) streams: bool,
    /// Whether `for message in mailbox.iter()` may receive, whatever the mailbox's name is.
    pub(crate) iterators: bool,
}

/// The part of a received message that a value holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Carry {
    #[default]
    Nothing,
    /// A part of it, or a value made from it.
    Part,
    /// A copy of the message.
    Copy,
    /// The message, in a tuple with other values.
    InTuple,
    /// The message itself, possibly in an `Option` or a similar type.
    Whole,
}

/// The result of a receiving call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Received {
    /// A message, or a part of one.
    Message(Carry),
    /// The number of messages in the buffer that was the first argument.
    Batch,
    /// The result of a closure that was called with all messages.
    Driven,
}

/// Methods that receive. A socket's `recv(&mut buffer)` takes an argument, and a mailbox's does not.
const RECEIVES: [&str; 10] = [
    "recv",
    "recv_async",
    "into_recv_async",
    "recv_blocking",
    "blocking_recv",
    "try_recv",
    "recv_envelope",
    "recv_envelope_async",
    "try_recv_envelope",
    "blocking_recv_envelope",
];

/// Methods that take values out of a collection.
const TAKES_OUT: [&str; 14] = [
    "pop",
    "pop_front",
    "pop_back",
    "pop_first",
    "pop_last",
    "remove",
    "swap_remove",
    "remove_entry",
    "split_off",
    "drain",
    "into_iter",
    "into_values",
    "take",
    "replace",
];

impl Mailboxes {
    /// Returns what a call takes out of a mailbox of ours. Its arguments are at `tokens[at]`.
    ///
    /// `awaited` is true if the value of all tokens is awaited in place.
    pub(crate) fn call(&self, tokens: &[Token], at: usize, awaited: bool) -> Option<Received> {
        let Some(Group(Delimiter::Parenthesis, arguments)) = tokens.get(at) else { return None };
        let before = tokens.get(..at)?;
        let (name, before) = match before {
            [before @ .., Word(name)] => (name.as_str(), before),
            _ => return None,
        };
        if let Some(received) = self.helpers.get(name) {
            return Some(*received);
        }
        if !self.stashes.is_empty() {
            return self.taken_out(name, before, arguments).map(Received::Message);
        }
        let mailbox = match before {
            [mailbox @ .., Mark(".")] => base(mailbox),
            // `StreamExt::next(&mut self.mailbox)`
            [.., Word(word), Mark("::")] if word == "StreamExt" => base(arguments),
            _ => return None,
        };
        if mailbox.is_some_and(|name| self.foreign.contains(name)) {
            return None;
        }
        let whole = Received::Message(Carry::Whole);
        match (name, arguments.len()) {
            (name, 0) if RECEIVES.contains(&name) => Some(whole),
            ("recv_timeout" | "recv_deadline" | "poll_recv", 1..) => Some(whole),
            ("recv_many" | "blocking_recv_many" | "recv_many_envelopes" | "poll_recv_many", 1..) => {
                Some(Received::Batch)
            }
            ("for_each" | "for_each_concurrent" | "try_for_each" | "fold" | "try_fold", 1..) => {
                let is_stream = mailbox.is_some_and(|name| self.known.contains(name)) || makes_stream(before);
                is_stream.then_some(Received::Driven)
            }
            ("next" | "select_next_some" | "try_next" | "poll_next" | "poll_next_unpin", _) => {
                let after = tokens.get(at + 1..).unwrap_or_default();
                let now = (awaited && after.is_empty()) || is_awaited(after) || name.starts_with("poll");
                let of_mailbox = matches!(before, [.., Word(name), Group(..), Mark(".")]
                    if name == "stream" || name == "into_stream");
                // The future of a stream of ours may also be kept, for a `select` of futures.
                let known = of_mailbox || mailbox.is_some_and(|name| self.known.contains(name));
                (known || (now && self.streams)).then_some(whole)
            }
            _ => None,
        }
    }

    /// Returns what a call takes out of a collection that holds messages for later.
    fn taken_out(&self, name: &str, before: &[Token], arguments: &[Token]) -> Option<Carry> {
        let held_in = match before {
            [held_in @ .., Mark(".")] if TAKES_OUT.contains(&name) => held_in,
            // `mem::take(&mut self.stash)`
            [.., Word(module), Mark("::")] if module == "mem" && (name == "take" || name == "replace") => {
                arguments.split(|token| *token == Mark(",")).next()?
            }
            _ => return None,
        };
        self.stashes.get(base(held_in)?).copied()
    }

    /// Returns whether anything in these tokens, at any depth, takes a message.
    pub(crate) fn is_receive(&self, tokens: &[Token]) -> bool {
        self.any(tokens, false, &|_| true)
    }

    /// Returns whether the value of these tokens may be a message.
    ///
    /// `awaited` is true if it is awaited in place, like the arm of a `select!`.
    pub(crate) fn is_message(&self, tokens: &[Token], awaited: bool) -> bool {
        self.any(tokens, awaited, &|received| matches!(received, Received::Message(_)))
    }

    fn any(&self, tokens: &[Token], awaited: bool, wanted: &dyn Fn(Received) -> bool) -> bool {
        (0..tokens.len()).any(|at| {
            self.call(tokens, at, awaited).is_some_and(wanted)
                || self.is_loop(tokens, at)
                || matches!(tokens.get(at), Some(Group(_, inner)) if {
                    let after = tokens.get(at + 1..).unwrap_or_default();
                    self.any(inner, (awaited && after.is_empty()) || is_awaited(after), wanted)
                })
        })
    }

    /// Returns whether anything in these tokens takes a message from a mailbox behind a lock.
    ///
    /// Other loops may lock that mailbox as well.
    pub(crate) fn is_shared_receive(&self, tokens: &[Token]) -> bool {
        let mut guards = BTreeSet::new();
        find_guards(tokens, &mut guards);
        self.shares(tokens, &guards)
    }

    fn shares(&self, tokens: &[Token], guards: &BTreeSet<String>) -> bool {
        (0..tokens.len()).any(|at| {
            let receives = self.call(tokens, at, false).is_some();
            receives && {
                // `rx.lock().await.recv()`, or `rx` is the locked value.
                let before = tokens.get(..at).unwrap_or_default();
                let start = before.iter().rposition(ends_expression).map_or(0, |end| end + 1);
                let mailbox = before.get(start..).unwrap_or_default();
                mailbox
                    .iter()
                    .any(|token| is_lock(token) || matches!(token, Word(name) if guards.contains(name)))
            } || matches!(tokens.get(at), Some(Group(_, inner)) if self.shares(inner, guards))
        })
    }

    /// Returns whether a `for` that begins here iterates over a mailbox.
    fn is_loop(&self, tokens: &[Token], at: usize) -> bool {
        if tokens.get(at) != Some(&Word("for".into())) {
            return false;
        }
        let rest = tokens.get(at..).unwrap_or_default();
        let behind = |wanted: &dyn Fn(&Token) -> bool| rest.iter().position(wanted).map(|at| at + 1);
        let (Some(start), Some(end)) = (
            behind(&|token| *token == Word("in".into())),
            behind(&|token| matches!(token, Group(Delimiter::Brace, _))),
        ) else {
            return false;
        };
        rest.get(start..end.saturating_sub(1)).is_some_and(|value| self.is_iterator(value))
    }

    /// Returns whether this is an iterator over a mailbox.
    pub(crate) fn is_iterator(&self, value: &[Token]) -> bool {
        let (mailbox, iterates) = match value {
            [mailbox @ .., Mark("."), Word(name), Group(Delimiter::Parenthesis, arguments)]
                if arguments.is_empty()
                    && matches!(name.as_str(), "iter" | "try_iter" | "drain" | "into_iter") =>
            {
                (base(mailbox), self.iterators)
            }
            value => (base(value), false),
        };
        if !self.stashes.is_empty() {
            // A loop over a reference only looks at them.
            let takes = !matches!(value, [Mark("&"), ..]);
            return takes && mailbox.is_some_and(|name| self.stashes.contains_key(name));
        }
        mailbox.is_some_and(|name| {
            !self.foreign.contains(name) && (iterates || self.known.contains(name) || is_usual_name(name))
        })
    }

    /// Returns whether these tokens receive from a mailbox that is not ours.
    pub(crate) fn is_foreign_receive(&self, tokens: &[Token]) -> bool {
        let ours = Self { foreign: BTreeSet::new(), ..self.clone() };
        ours.is_receive(tokens) && !self.is_receive(tokens)
    }
}

/// Returns whether these tokens end with `ReceiverStream::new(..)` and a dot.
fn makes_stream(before: &[Token]) -> bool {
    matches!(before, [.., Word(ty), Mark("::"), Word(_), Group(Delimiter::Parenthesis, _), Mark(".")]
        if ty == "ReceiverStream" || ty == "UnboundedReceiverStream")
}

/// Finds the variables that hold a locked value: `rx` of `let mut rx = self.rx.lock().await;`.
fn find_guards(tokens: &[Token], guards: &mut BTreeSet<String>) {
    for (at, token) in tokens.iter().enumerate() {
        match token {
            Word(word) if word == "let" => {
                let rest = tokens.get(at + 1..).unwrap_or_default();
                let end = rest.iter().position(|token| *token == Mark(";")).unwrap_or(rest.len());
                let statement = rest.get(..end).unwrap_or_default();
                let equals = statement.iter().position(|token| *token == Mark("=")).unwrap_or(end);
                let (pattern, value) = statement.split_at(equals);
                if value.iter().any(is_lock)
                    && let Some(Word(name)) = pattern.iter().rfind(|token| matches!(token, Word(_)))
                {
                    guards.insert(name.clone());
                }
            }
            Group(_, inner) => find_guards(inner, guards),
            _ => {}
        }
    }
}

fn is_lock(token: &Token) -> bool {
    const LOCKS: [&str; 8] = [
        "lock",
        "lock_owned",
        "try_lock",
        "try_lock_owned",
        "write",
        "try_write",
        "borrow_mut",
        "try_borrow_mut",
    ];
    matches!(token, Word(word) if LOCKS.contains(&word.as_str()))
}

fn ends_expression(token: &Token) -> bool {
    matches!(token, Mark(";" | "=" | "," | "=>" | "&&" | "||") | Group(Delimiter::Brace, _))
}

/// Returns whether a name is a usual one for a receiver.
fn is_usual_name(name: &str) -> bool {
    ["rx", "receiver", "inbox", "mailbox"]
        .iter()
        .any(|usual| name == *usual || name.strip_suffix(usual).is_some_and(|rest| rest.ends_with('_')))
}

/// Returns the last name before a call: `rx` of `self.rx`, `self.rx.as_mut()`, `&mut rx`, `rx.lock().await`.
fn base(tokens: &[Token]) -> Option<&str> {
    const VIEWS: [&str; 11] = [
        "as_mut",
        "as_ref",
        "lock",
        "await",
        "borrow_mut",
        "by_ref",
        "unwrap",
        "expect",
        "get_mut",
        "fuse",
        "clone",
    ];
    match tokens {
        [before @ .., Mark("."), Word(name), Group(Delimiter::Parenthesis, _)]
            if VIEWS.contains(&name.as_str()) =>
        {
            base(before)
        }
        [before @ .., Mark("."), Word(name)] if name == "await" => base(before),
        [before @ .., Mark("?")] => base(before),
        [.., Word(name)] | [.., Word(name), Group(Delimiter::Parenthesis, _)] => Some(name),
        [Group(Delimiter::Parenthesis, inner)] => base(inner),
        _ => None,
    }
}

/// Returns whether the expression before these tokens is awaited: by `.await`, or as the arm of a `select!`.
fn is_awaited(after: &[Token]) -> bool {
    match after {
        [Mark("."), Word(word), ..] => word == "await" || word == "fuse",
        [Mark("=>"), ..] => true,
        [Mark(","), Word(word), ..] => word == "if",
        _ => false,
    }
}
