//! Where a received message goes: which function a loop hands it to, and whether it is returned.
//!
//! A reading of tokens, not a type check. It follows `let`, `if let`, `while let`, `match`, `for` and the arms of
//! `select!`, through `Some(..)` and `Ok(..)`. `Message::Frame(frame) => self.handle_frame(frame)` hands on a part of
//! the message, so that is no handler of it.

use std::collections::BTreeSet;

use proc_macro2::Delimiter;

use crate::body::Token::{self, Group, Mark, Word};
use crate::receive::{Carry, Mailboxes, Received};

/// A call that takes the message.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Handed {
    pub(crate) name: String,
    /// What stands before the name: `self`, a variable, a type.
    pub(crate) on: Option<String>,
    /// Called with a dot, so that the receiver is not among the arguments.
    pub(crate) method: bool,
    /// Which argument is the message.
    pub(crate) argument: usize,
    /// The variables that it is lent to change: `state` of `handle(&mut state, message)`.
    pub(crate) lent: Vec<String>,
}

impl Handed {
    /// Called on `self`: it can only be a method of the same type.
    pub(crate) fn on_self(&self) -> bool {
        matches!(self.on.as_deref(), Some("self" | "Self"))
    }
}

/// A body whose variables are known.
pub(crate) struct Flow<'a> {
    body: &'a [Token],
    mailboxes: &'a Mailboxes,
    whole: BTreeSet<String>,
    parts: BTreeSet<String>,
}

impl<'a> Flow<'a> {
    /// Finds the variables that hold a received message, or a part of one.
    pub(crate) fn of(body: &'a [Token], mailboxes: &'a Mailboxes) -> Self {
        let mut flow = Self { body, mailboxes, whole: BTreeSet::new(), parts: BTreeSet::new() };
        // A name may be bound again further on (`match message { other => .. }`): until nothing is new.
        for _ in 0..4 {
            let before = flow.whole.len() + flow.parts.len();
            flow.bind(body);
            if flow.whole.len() + flow.parts.len() == before {
                break;
            }
        }
        flow
    }

    /// Returns all calls that take a whole message.
    pub(crate) fn handed(&self) -> Vec<Handed> {
        let mut found = Vec::new();
        self.calls(self.body, &mut found);
        found
    }

    /// Returns how much of a message the body returns.
    pub(crate) fn returned(&self) -> Carry {
        self.last_value(self.body).max(self.given_to("return", self.body))
    }

    /// Returns whether a batch goes into the buffer of this name.
    pub(crate) fn fills(&self, buffer: &str) -> bool {
        self.whole.contains(buffer)
    }
}

/// What a pattern binds.
impl Flow<'_> {
    /// Reads what is bound at this level and below.
    fn bind(&mut self, tokens: &[Token]) {
        for at in 0..tokens.len() {
            let Some((token, rest)) = tokens.get(at..).and_then(<[Token]>::split_first) else { continue };
            let before = tokens.get(..at).unwrap_or_default();
            if self.mailboxes.call(tokens, at, false) == Some(Received::Batch)
                && let Group(_, arguments) = token
            {
                self.whole.extend(buffer(arguments));
            }
            match token {
                Word(word) if word == "let" => {
                    let (pattern, rest) = until(rest, &|token| *token == Mark("="));
                    let (value, _) = until(rest, &|token| match before.last() {
                        Some(Word(word)) if matches!(word.as_str(), "if" | "while") => is_block(token),
                        Some(Mark("&&")) => is_block(token),
                        _ => *token == Mark(";") || *token == Word("else".into()),
                    });
                    // `let message = match .. { .. };` ends with its own block.
                    let value = match value {
                        [Word(word), ..] if matches!(word.as_str(), "if") => {
                            until(rest, &|token| *token == Mark(";")).0
                        }
                        value => value,
                    };
                    self.bind_pattern(pattern, self.bound_value(value, false));
                }
                Word(word) if word == "for" => {
                    let (pattern, rest) = until(rest, &|token| *token == Word("in".into()));
                    let (value, _) = until(rest, &is_block);
                    let whole = |token: &Token| matches!(token, Word(word) if self.whole.contains(word));
                    let carry = if value.iter().any(whole)
                        || self.mailboxes.is_iterator(value)
                        || self.mailboxes.is_message(value, false)
                    {
                        Carry::Whole
                    } else {
                        Carry::Nothing
                    };
                    self.bind_pattern(pattern, carry);
                }
                Word(word) if word == "match" => {
                    let (value, _) = until(rest, &is_block);
                    if let Some(Group(_, arms)) = rest.get(value.len()) {
                        let carry = self.bound_value(value, false);
                        let patterns: Vec<_> = split_arms(arms).into_iter().map(|(head, _)| head).collect();
                        for pattern in patterns {
                            self.bind_pattern(pattern, carry);
                        }
                    }
                }
                // An arm of `select!`: `pattern = value, if condition => ..`
                Mark("=") => {
                    let (value, _) = until(rest, &|token| matches!(token, Mark("=>" | "," | ";")));
                    let end = at + 1 + value.len();
                    let conditional =
                        matches!(tokens.get(end..), Some([Mark(","), Word(word), ..]) if word == "if");
                    if conditional || tokens.get(end) == Some(&Mark("=>")) {
                        let carry = self.bound_value(value, true);
                        self.bind_pattern(last_arm(before), carry);
                    }
                }
                Group(_, inner) => self.bind(inner),
                _ => {}
            }
        }
    }

    /// What a value that is bound to a pattern carries. Whatever stands around a receive hands its message on.
    fn bound_value(&self, value: &[Token], awaited: bool) -> Carry {
        let carry = self.value(value, awaited);
        let receives = self.mailboxes.is_message(value, awaited);
        let drops = matches!(value, [.., Mark("."), Word(name), Group(..)] if drops(name));
        if carry == Carry::Nothing && receives && !drops { Carry::Whole } else { carry }
    }

    fn bind_pattern(&mut self, pattern: &[Token], carry: Carry) {
        if carry == Carry::Nothing {
            return;
        }
        let whole: Vec<String> = match carry {
            Carry::Whole => bound(pattern).into_iter().collect(),
            // Which of them it is shows where it goes.
            Carry::InTuple => elements(pattern).into_iter().filter_map(bound).collect(),
            Carry::Part | Carry::Nothing => Vec::new(),
        };
        variables(pattern, &mut |name| {
            if !whole.iter().any(|whole| whole == name) {
                self.parts.insert(name.to_owned());
            }
        });
        self.whole.extend(whole);
    }
}

/// What an expression carries.
impl Flow<'_> {
    /// The value of a block.
    fn last_value(&self, block: &[Token]) -> Carry {
        self.value(tail(block), false)
    }

    /// The values that `return` or `break` gives, at any depth.
    fn given_to(&self, keyword: &str, tokens: &[Token]) -> Carry {
        let mut carry = Carry::Nothing;
        for (at, token) in tokens.iter().enumerate() {
            match token {
                Word(word) if word == keyword => {
                    let rest = tokens.get(at + 1..).unwrap_or_default();
                    // `break 'outer value`
                    let label = usize::from(matches!(rest, [Mark("'"), ..])) * 2;
                    let rest = rest.get(label..).unwrap_or_default();
                    let (value, _) = until(rest, &|token| matches!(token, Mark(";" | ",")));
                    carry = carry.max(self.value(value, false));
                }
                Group(_, inner) => carry = carry.max(self.given_to(keyword, inner)),
                _ => {}
            }
        }
        carry
    }

    /// The value of an expression. `awaited`: it is awaited where it stands.
    fn value(&self, tokens: &[Token], awaited: bool) -> Carry {
        match tokens {
            [Mark("'"), Word(_), Mark(":"), rest @ ..] | [Mark("*"), rest @ ..] => self.value(rest, awaited),
            [Word(word), rest @ ..] if word == "match" => {
                let (_, behind) = until(rest, &is_block);
                let at = rest.len() - behind.len();
                let Some(Group(_, arms)) = at.checked_sub(1).and_then(|at| rest.get(at)) else {
                    return Carry::Nothing;
                };
                let carry = self.arms(arms);
                self.postfix(carry, tokens, 1 + at, awaited)
            }
            [Word(word), ..] if word == "if" => {
                let blocks = tokens.iter().filter_map(|token| match token {
                    Group(Delimiter::Brace, inner) => Some(self.last_value(inner)),
                    _ => None,
                });
                blocks.max().unwrap_or(Carry::Nothing)
            }
            [Word(word), Group(Delimiter::Brace, inner), ..] if word == "loop" => {
                self.postfix(self.given_to("break", inner), tokens, 2, awaited)
            }
            [Word(word), Group(Delimiter::Brace, inner), ..] if word == "unsafe" => {
                self.postfix(self.last_value(inner), tokens, 2, awaited)
            }
            [Group(Delimiter::Brace, inner), ..] => self.postfix(self.last_value(inner), tokens, 1, awaited),
            [Group(_, inner), ..] => {
                let carry = self.list(inner);
                let is_tuple = inner.contains(&Mark(","));
                self.postfix(if is_tuple { carry.min(Carry::InTuple) } else { carry }, tokens, 1, awaited)
            }
            [Word(_), ..] => self.path(tokens, awaited),
            _ => Carry::Nothing,
        }
    }

    /// An expression that begins with a path: a variable, a call, a macro, a literal of a struct.
    fn path(&self, tokens: &[Token], awaited: bool) -> Carry {
        let mut end = 1;
        while let Some([Mark("::"), next, ..]) = tokens.get(end..) {
            end += if let Word(_) = next {
                2
            } else {
                // `::<T>`
                let arguments = tokens.get(end..).unwrap_or_default();
                arguments.iter().position(|token| *token == Mark(">")).map_or(1, |at| at + 1)
            };
        }
        let Some(Word(name)) = tokens.get(end - 1) else {
            // A path that ends with its arguments is no value of ours.
            return self.postfix(Carry::Nothing, tokens, end, awaited);
        };
        let is_type = name.starts_with(|first: char| first.is_uppercase());
        match tokens.get(end..).unwrap_or_default() {
            [Mark("!"), Group(_, inner), ..] => {
                let carry = match name.as_str() {
                    "select" | "select_biased" => self.arms(inner),
                    "ready" | "pin" | "vec" | "join" | "try_join" | "poll" => self.list(inner),
                    _ => Carry::Nothing,
                };
                self.postfix(carry, tokens, end + 2, awaited)
            }
            [Group(Delimiter::Parenthesis, inner), ..] => {
                let after = tokens.get(end + 1..).unwrap_or_default();
                let now = (awaited && after.is_empty())
                    || matches!(after, [Mark("."), Word(word), ..] if word == "await");
                let carry = match self.mailboxes.call(tokens, end, awaited) {
                    Some(Received::Message(carry)) => carry,
                    Some(Received::Batch) => Carry::Nothing,
                    None if passes_through(name) || is_type || of_type(tokens, end) => {
                        self.list_of(inner, now)
                    }
                    // Perhaps a conversion, perhaps a handler.
                    None => self.list_of(inner, now).min(Carry::Part),
                };
                self.postfix(carry, tokens, end + 1, awaited)
            }
            [Group(Delimiter::Brace, inner), ..] if is_type => {
                let fields = inner.split(|token| *token == Mark(","));
                let carry = fields.map(|field| {
                    let label = usize::from(matches!(field, [Word(_), Mark(":"), ..])) * 2;
                    self.value(field.get(label..).unwrap_or_default(), false)
                });
                self.postfix(carry.max().unwrap_or(Carry::Nothing), tokens, end + 1, awaited)
            }
            _ if end == 1 && self.whole.contains(name) => self.postfix(Carry::Whole, tokens, end, awaited),
            _ if end == 1 && self.parts.contains(name) => self.postfix(Carry::Part, tokens, end, awaited),
            _ => self.postfix(Carry::Nothing, tokens, end, awaited),
        }
    }

    /// What is left of a value behind its methods, from `at` on.
    fn postfix(&self, mut carry: Carry, tokens: &[Token], mut at: usize, awaited: bool) -> Carry {
        loop {
            match tokens.get(at..).unwrap_or_default() {
                [] => return carry,
                [Mark("?"), ..] => at += 1,
                [Mark("."), Word(name), rest @ ..] => {
                    let generics = match rest {
                        [Mark("::"), ..] => rest
                            .iter()
                            .position(|token| matches!(token, Group(Delimiter::Parenthesis, _)))
                            .unwrap_or_default(),
                        _ => 0,
                    };
                    if let Some(Group(Delimiter::Parenthesis, arguments)) = rest.get(generics) {
                        let end = at + 2 + generics;
                        carry = match self.mailboxes.call(tokens, end, awaited) {
                            Some(Received::Message(carry)) => carry,
                            Some(Received::Batch) => Carry::Nothing,
                            None if keeps(name) => carry.max(self.list(arguments)),
                            None if drops(name) => Carry::Nothing,
                            // A message that is an argument is kept by whom it is given to.
                            None => carry.min(Carry::Part),
                        };
                        at = end + 1;
                    } else {
                        if name != "await" {
                            carry = carry.min(Carry::Part);
                        }
                        at += 2;
                    }
                }
                [Mark("."), _, ..] => {
                    carry = carry.min(Carry::Part);
                    at += 2;
                }
                [Group(Delimiter::Bracket, _), ..] => {
                    carry = carry.min(Carry::Part);
                    at += 1;
                }
                // An operator: a number, a truth.
                _ => return Carry::Nothing,
            }
        }
    }

    fn list(&self, tokens: &[Token]) -> Carry {
        self.list_of(tokens, false)
    }

    fn list_of(&self, tokens: &[Token], awaited: bool) -> Carry {
        let values = tokens.split(|token| *token == Mark(","));
        values.map(|value| self.value(value, awaited)).max().unwrap_or(Carry::Nothing)
    }

    fn arms(&self, arms: &[Token]) -> Carry {
        let bodies = split_arms(arms).into_iter().map(|(_, body)| match body {
            [Group(Delimiter::Brace, inner)] => self.last_value(inner),
            body => self.value(body, false),
        });
        bodies.max().unwrap_or(Carry::Nothing)
    }
}

/// Who is called.
impl Flow<'_> {
    fn calls(&self, tokens: &[Token], found: &mut Vec<Handed>) {
        for at in 0..tokens.len() {
            if let Some([Word(name), Group(Delimiter::Parenthesis, arguments), ..]) = tokens.get(at..) {
                let before = tokens.get(..at).unwrap_or_default();
                let is_message = |argument: &[Token]| self.value(argument, false) == Carry::Whole;
                if name.starts_with(|first: char| first.is_lowercase() || first == '_')
                    && self.mailboxes.call(tokens, at + 1, false).is_none()
                    && let Some(argument) = arguments.split(|token| *token == Mark(",")).position(is_message)
                {
                    let on = match before {
                        [.., Word(word), Mark("." | "::")] => Some(word.clone()),
                        _ => None,
                    };
                    let method = before.last() == Some(&Mark("."));
                    let lent =
                        arguments.split(|token| *token == Mark(",")).filter_map(|argument| match argument {
                            [Mark("&"), Word(word), Word(name)] if word == "mut" => Some(name.clone()),
                            _ => None,
                        });
                    found.push(Handed { name: name.clone(), on, method, argument, lent: lent.collect() });
                }
            }
            if let Some(Group(_, inner)) = tokens.get(at) {
                self.calls(inner, found);
            }
        }
    }
}

/// Functions that give what they are given, a little later or in something.
fn passes_through(name: &str) -> bool {
    matches!(
        name,
        "timeout"
            | "timeout_at"
            | "poll_fn"
            | "select"
            | "unconstrained"
            | "identity"
            | "ready"
            | "poll_immediate"
    )
}

/// Whether a call is of a function of a type that makes one: `Box::new(..)`, `Envelope::hold(..)`.
fn of_type(tokens: &[Token], end: usize) -> bool {
    let Some([.., Word(ty), Mark("::"), Word(name)]) = tokens.get(..end) else { return false };
    ty.starts_with(|first: char| first.is_uppercase())
        && matches!(name.as_str(), "new" | "from" | "pin" | "hold" | "bare" | "capture")
}

/// Methods behind which the message is still there.
fn keeps(name: &str) -> bool {
    matches!(
        name,
        "ok" | "err"
            | "ok_or"
            | "ok_or_else"
            | "map"
            | "map_err"
            | "map_or"
            | "and_then"
            | "or"
            | "or_else"
            | "filter"
            | "inspect"
            | "unwrap"
            | "expect"
            | "unwrap_or"
            | "unwrap_or_else"
            | "unwrap_or_default"
            | "transpose"
            | "flatten"
            | "context"
            | "with_context"
            | "wrap_err"
            | "wrap_err_with"
            | "into"
            | "try_into"
            | "into_message"
            | "now_or_never"
            | "boxed"
            | "fuse"
            | "take"
            | "left"
            | "right"
            | "instrument"
            | "timeout"
    )
}

/// Methods that only ask whether there is a message.
fn drops(name: &str) -> bool {
    name.starts_with("is_") || matches!(name, "len" | "count" | "eq" | "ne")
}

/// The buffer of a batch: `batch` of `&mut self.batch, 8`.
fn buffer(arguments: &[Token]) -> Option<String> {
    let (first, _) = until(arguments, &|token| *token == Mark(","));
    let names = first.iter().rev().filter_map(|token| match token {
        Word(word) if !matches!(word.as_str(), "mut" | "self" | "cx") => Some(word.clone()),
        _ => None,
    });
    names.into_iter().next()
}

/// The name that a pattern binds to the message as a whole.
fn bound(pattern: &[Token]) -> Option<String> {
    match pattern {
        [Word(word), rest @ ..] if matches!(word.as_str(), "mut" | "ref") => bound(rest),
        [path @ .., Group(Delimiter::Parenthesis, inner)] => match path.last() {
            Some(Word(word)) if matches!(word.as_str(), "Some" | "Ok" | "Ready") => bound(inner),
            _ => None,
        },
        [Word(name)] | [Word(name), Mark("@" | ":"), ..] => is_variable(name).then(|| name.clone()),
        [pattern @ .., Mark(",")] => bound(pattern),
        _ => pattern
            .iter()
            .position(|token| *token == Word("if".into()))
            .and_then(|guard| bound(pattern.get(..guard)?)),
    }
}

/// The elements of a tuple pattern.
fn elements(pattern: &[Token]) -> Vec<&[Token]> {
    match pattern {
        [path @ .., Group(Delimiter::Parenthesis, inner)] => match path.last() {
            None => inner.split(|token| *token == Mark(",")).collect(),
            Some(Word(word)) if matches!(word.as_str(), "Some" | "Ok" | "Ready") => elements(inner),
            Some(_) => Vec::new(),
        },
        [pattern @ .., Mark(",")] => elements(pattern),
        _ => Vec::new(),
    }
}

/// All names that a pattern may bind.
fn variables(pattern: &[Token], see: &mut impl FnMut(&str)) {
    for token in pattern {
        match token {
            Word(word) if word == "if" => return,
            Word(word) if is_variable(word) && !matches!(word.as_str(), "mut" | "ref") => see(word),
            Group(_, inner) => variables(inner, see),
            _ => {}
        }
    }
}

fn is_variable(name: &str) -> bool {
    name.starts_with(|first: char| first.is_lowercase())
}

/// The arms of a `match` or a `select!`: what stands before `=>`, and behind.
fn split_arms(arms: &[Token]) -> Vec<(&[Token], &[Token])> {
    let mut found = Vec::new();
    let mut rest = arms;
    while let Some(at) = rest.iter().position(|token| *token == Mark("=>")) {
        let head = rest.get(..at).unwrap_or_default();
        let behind = rest.get(at + 1..).unwrap_or_default();
        let end = match behind {
            [block, Mark("." | "?"), ..] if is_block(block) => None,
            [block, ..] if is_block(block) => Some(1),
            _ => None,
        };
        let end = end
            .unwrap_or_else(|| behind.iter().position(|token| *token == Mark(",")).unwrap_or(behind.len()));
        found.push((last_arm(head), behind.get(..end).unwrap_or_default()));
        rest = behind.get(end..).unwrap_or_default();
    }
    found
}

/// What stands behind the end of the previous arm.
fn last_arm(tokens: &[Token]) -> &[Token] {
    // The block of the previous arm needs no comma behind it.
    let ends = |at: usize| {
        matches!(tokens.get(at), Some(Mark("," | ";")))
            || (tokens.get(at).is_some_and(is_block) && at > 0 && tokens.get(at - 1) == Some(&Mark("=>")))
    };
    let start = (0..tokens.len()).rev().find(|at| ends(*at)).map_or(0, |end| end + 1);
    tokens.get(start..).unwrap_or_default()
}

/// The last expression of a block, which is its value; nothing if it ends with `;`.
fn tail(block: &[Token]) -> &[Token] {
    let start = block.iter().rposition(|token| *token == Mark(";")).map_or(0, |end| end + 1);
    let mut rest = block.get(start..).unwrap_or_default();
    loop {
        let end = match rest {
            [Mark("#"), Group(Delimiter::Bracket, _), ..] => 2,
            [Word(word), ..] if matches!(word.as_str(), "match" | "loop" | "unsafe" | "while" | "for") => {
                rest.iter().position(is_block).map_or(rest.len(), |at| at + 1)
            }
            [Mark("'"), Word(_), Mark(":"), ..] => {
                rest.iter().position(is_block).map_or(rest.len(), |at| at + 1)
            }
            [Word(word), ..] if word == "if" => end_of_if(rest),
            [Group(Delimiter::Brace, _), ..] => 1,
            [Word(_), ..] => {
                // `tokio::select! { .. }`
                let path = rest.iter().take_while(|token| matches!(token, Word(_) | Mark("::"))).count();
                match rest.get(path..) {
                    Some([Mark("!"), Group(Delimiter::Brace, _), ..]) => path + 2,
                    _ => return rest,
                }
            }
            _ => return rest,
        };
        match rest.get(end..) {
            None | Some([] | [Mark("." | "?"), ..]) => return rest,
            Some(next) => rest = next,
        }
    }
}

fn end_of_if(tokens: &[Token]) -> usize {
    let mut end = 0;
    loop {
        let rest = tokens.get(end..).unwrap_or_default();
        end += rest.iter().position(is_block).map_or(rest.len(), |at| at + 1);
        match tokens.get(end) {
            Some(Word(word)) if word == "else" => end += 1,
            _ => return end,
        }
    }
}

fn is_block(token: &Token) -> bool {
    matches!(token, Group(Delimiter::Brace, _))
}

/// Splits before the first token that `ends`, which belongs to neither side.
fn until<'a>(tokens: &'a [Token], ends: &dyn Fn(&Token) -> bool) -> (&'a [Token], &'a [Token]) {
    let at = tokens.iter().position(ends).unwrap_or(tokens.len());
    (tokens.get(..at).unwrap_or_default(), tokens.get(at + 1..).unwrap_or_default())
}
