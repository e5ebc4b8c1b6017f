//! Follows a received message: to the function that a loop hands it to, or to the caller.
//!
//! This reads tokens and is not a type check. It follows `let`, `if let`, `while let`, `match`, `for` and the arms of
//! `select!`, through `Some(..)` and `Ok(..)`. `Message::Frame(frame) => self.handle_frame(frame)` hands on a part of
//! the message, so that function is not its handler.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;

use proc_macro2::Delimiter;

use crate::body::{
    self,
    Token::{self, Group, Mark, Word},
};
use crate::receive::{Carry, Mailboxes, Received};

/// A call that takes the message.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Handed {
    pub(crate) name: String,
    /// The text before the name: `self`, a variable, a type.
    pub(crate) on: Option<String>,
    /// Whether it is called with a dot, so that the receiver is not among the arguments.
    pub(crate) method: bool,
    /// The position of the message among the arguments.
    pub(crate) argument: usize,
    /// Whether it gets a copy. A function that gets the message itself is preferred as the handler.
    pub(crate) copied: bool,
    /// The variables that it borrows mutably: `state` of `handle(&mut state, message)`.
    pub(crate) lent: Vec<String>,
}

impl Handed {
    /// Returns whether it is called on `self`. It can then only be a method of the same type.
    pub(crate) fn on_self(&self) -> bool {
        matches!(self.on.as_deref(), Some("self" | "Self"))
    }
}

/// The maximum number of steps. This is enough for a function of thousands of lines.
const STEPS: u32 = 500_000;

/// A body, read from its first token to its last.
pub(crate) struct Flow<'a> {
    mailboxes: &'a Mailboxes,
    /// The number of steps that are left. Nested blocks are read again for each enclosing block.
    steps: Cell<u32>,
    /// The buffers that receive batches, wherever they are.
    buffers: BTreeSet<String>,
    /// Those of them that are fields of `self`.
    fields: BTreeSet<String>,
    handed: Vec<Handed>,
    stored: Vec<Stored>,
    whole: BTreeSet<String>,
    /// The constructors that a message is wrapped by: `Event::Task`.
    wrappers: RefCell<BTreeSet<String>>,
    /// True if a pattern tells the variants of a message apart.
    matched: Cell<bool>,
    returned: Carry,
}

/// A place that a message is stored in: `stash` of `self.stash.push_back(message)` and of `self.stash = Some(message)`.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Stored {
    pub(crate) place: String,
    pub(crate) carry: Carry,
    /// The words of the arguments or of the value.
    pub(crate) words: Vec<String>,
}

/// The variables that hold a received message, or a part of one, at one point of the body.
#[derive(Clone, Default)]
struct Variables {
    whole: BTreeSet<String>,
    parts: BTreeSet<String>,
}

/// The results of reading a body.
#[derive(Default)]
struct Findings {
    handed: Vec<Handed>,
    stored: Vec<Stored>,
    /// All variables that ever hold a message.
    whole: BTreeSet<String>,
    returned: Carry,
    broken: Carry,
}

impl<'a> Flow<'a> {
    /// Reads a body.
    pub(crate) fn of(body: &[Token], mailboxes: &'a Mailboxes) -> Self {
        Self::with(body, mailboxes, BTreeSet::new())
    }

    /// Reads a body in which these variables hold messages from the start.
    pub(crate) fn with(body: &[Token], mailboxes: &'a Mailboxes, whole: BTreeSet<String>) -> Self {
        let mut flow = Self {
            mailboxes,
            steps: Cell::new(STEPS),
            buffers: mailboxes.buffers.clone(),
            fields: BTreeSet::new(),
            handed: Vec::new(),
            stored: Vec::new(),
            whole: BTreeSet::new(),
            wrappers: RefCell::default(),
            matched: Cell::new(false),
            returned: Carry::Nothing,
        };
        flow.find_buffers(body);
        let mut variables = Variables { whole, ..Variables::default() };
        let mut seen = Findings::default();
        flow.statements(body, &mut variables, &mut seen);
        flow.returned = seen.returned.max(flow.value(tail(body), &variables, false));
        (flow.handed, flow.stored, flow.whole) = (seen.handed, seen.stored, seen.whole);
        flow
    }

    /// Returns all calls that take a whole message.
    pub(crate) fn handed(self) -> Vec<Handed> {
        self.handed
    }

    /// Returns all variables that hold a message somewhere in the body.
    pub(crate) fn whole(&self) -> &BTreeSet<String> {
        &self.whole
    }

    /// Returns the constructors that wrap a message.
    pub(crate) fn wrappers(self) -> BTreeSet<String> {
        self.wrappers.into_inner()
    }

    /// Returns whether the body matches a message by its variants.
    pub(crate) fn matches(&self) -> bool {
        self.matched.get()
    }

    /// Returns the places that messages are stored in.
    pub(crate) fn stored(self) -> Vec<Stored> {
        self.stored
    }

    /// Returns how much of a message the body returns.
    pub(crate) fn returned(&self) -> Carry {
        self.returned
    }

    /// Returns whether a batch goes into the buffer of this name.
    pub(crate) fn fills(&self, buffer: &str) -> bool {
        self.buffers.contains(buffer)
    }

    /// Returns the fields of `self` that batches go into.
    pub(crate) fn filled_fields(self) -> BTreeSet<String> {
        self.fields
    }

    /// Counts a step. Returns `false` if the body is nested more deeply than any human writes.
    fn may_go_on(&self) -> bool {
        let left = self.steps.get();
        self.steps.set(left.saturating_sub(1));
        left > 0
    }

    /// Returns the pattern of a value that holds this much of a message, inside of constructors that wrap one.
    fn pattern<'t>(&self, pattern: &'t [Token], carry: Carry) -> &'t [Token] {
        let pattern = self.unwrapped(pattern);
        if carry == Carry::Whole && names_variant(until(pattern, &|token| *token == Word("if".into())).0) {
            self.matched.set(true);
        }
        pattern
    }

    /// Returns the pattern inside of constructors that wrap a message.
    fn unwrapped<'t>(&self, pattern: &'t [Token]) -> &'t [Token] {
        match until(pattern, &|token| *token == Word("if".into())).0 {
            [path @ .., Group(Delimiter::Parenthesis, inner)]
                if constructor(path).is_some_and(|name| self.mailboxes.wrappers.contains(&name)) =>
            {
                self.unwrapped(inner)
            }
            _ => pattern,
        }
    }

    fn find_buffers(&mut self, tokens: &[Token]) {
        for (at, token) in tokens.iter().enumerate() {
            let Group(_, inner) = token else { continue };
            if self.mailboxes.call(tokens, at, false) == Some(Received::Batch) {
                // `poll_recv_many(cx, &mut batch, 8)`
                let polls = matches!(before(tokens, at), Some(Word(name)) if name.starts_with("poll"));
                let mut arguments = inner.split(|token| *token == Mark(",")).skip(usize::from(polls));
                if let Some((argument, name)) = arguments.next().and_then(|it| Some((it, buffer(it)?))) {
                    if argument.contains(&Word("self".into())) {
                        self.fields.insert(name.clone());
                    }
                    self.buffers.insert(name);
                }
            }
            self.find_buffers(inner);
        }
    }
}

impl Variables {
    /// Binds the variables of a pattern to a value, and removes the variables that it shadows.
    fn bind(&mut self, pattern: &[Token], carry: Carry) {
        let (pattern, _guard) = until(pattern, &|token| *token == Word("if".into()));
        let whole: Vec<String> = match carry {
            Carry::Whole => bound(pattern).into_iter().collect(),
            // Its use shows which of them is the message.
            Carry::InTuple => elements(pattern).into_iter().filter_map(bound).collect(),
            Carry::Copy | Carry::Part | Carry::Nothing => Vec::new(),
        };
        variables(pattern, &mut |name| {
            self.whole.remove(name);
            self.parts.remove(name);
            if carry > Carry::Nothing && !whole.iter().any(|whole| whole == name) {
                self.parts.insert(name.to_owned());
            }
        });
        self.whole.extend(whole);
    }

    fn with(&self, pattern: &[Token], carry: Carry) -> Self {
        let mut inner = self.clone();
        inner.bind(pattern, carry);
        inner
    }
}

/// Reads statements.
impl Flow<'_> {
    /// Reads tokens in order: their bindings, their calls, and what they return.
    fn statements(&self, tokens: &[Token], variables: &mut Variables, seen: &mut Findings) {
        seen.whole.extend(variables.whole.iter().cloned());
        let mut at = 0;
        while let Some((token, rest)) = tokens.get(at..).and_then(<[Token]>::split_first) {
            if !self.may_go_on() {
                return;
            }
            let before = tokens.get(..at).unwrap_or_default();
            at += 1;
            match token {
                Word(word) if word == "let" && is_condition(before) => {
                    at += self.conditional(tokens.get(at - 1..).unwrap_or_default(), variables, seen) - 1;
                }
                Word(word) if word == "let" => at += self.binding(rest, variables, seen),
                Word(word) if word == "for" => {
                    let (pattern, behind) = until(rest, &|token| *token == Word("in".into()));
                    let value = head(behind);
                    self.statements(value, variables, seen);
                    let whole = |token: &Token| matches!(token, Word(word) if variables.whole.contains(word) || self.buffers.contains(word));
                    let receives = body::any(value, &whole)
                        || self.mailboxes.is_iterator(value)
                        || self.mailboxes.is_message(value, false);
                    let carry = if receives { Carry::Whole } else { Carry::Nothing };
                    at += pattern.len() + 1 + value.len();
                    if let Some(Group(_, block)) = tokens.get(at) {
                        self.statements(
                            block,
                            &mut variables.with(self.pattern(pattern, carry), carry),
                            seen,
                        );
                        at += 1;
                    }
                }
                Word(word) if word == "match" => {
                    let value = head(rest);
                    self.statements(value, variables, seen);
                    at += value.len();
                    if let Some(Group(_, arms)) = tokens.get(at) {
                        let carry = self.bound_value(value, variables, false);
                        for (pattern, body) in split_arms(arms) {
                            self.statements(
                                body,
                                &mut variables.with(self.pattern(pattern, carry), carry),
                                seen,
                            );
                        }
                        at += 1;
                    }
                }
                Mark("!") if is_select(before) => {
                    if let Some(Group(_, arms)) = rest.first() {
                        for (head, body) in split_arms(arms) {
                            let (pattern, carry) = self.select_arm(head, variables, seen);
                            self.statements(
                                body,
                                &mut variables.with(self.pattern(pattern, carry), carry),
                                seen,
                            );
                        }
                        at += 1;
                    }
                }
                Word(word) if word == "return" || word == "break" => {
                    let label = usize::from(matches!(rest, [Mark("'"), ..])) * 2;
                    let (value, _) = until(rest.get(label..).unwrap_or_default(), &|token| {
                        matches!(token, Mark(";" | ","))
                    });
                    let carry = self.value(value, variables, false);
                    let given = if word == "return" { &mut seen.returned } else { &mut seen.broken };
                    *given = carry.max(*given);
                }
                Word(name) => {
                    if let Some(Group(Delimiter::Parenthesis, arguments)) = rest.first() {
                        seen.handed.extend(self.handed_to(name, arguments, tokens, at, variables));
                        seen.stored.extend(self.stored_by(name, arguments, before, variables));
                    }
                    // `self.stash = Some(message);`
                    if let Some((Mark("="), value)) = rest.split_first()
                        && before.last() == Some(&Mark("."))
                    {
                        let (value, _) = until(value, &|token| matches!(token, Mark(";" | "=>" | ",")));
                        seen.stored.extend(self.storing(name, value, variables));
                    }
                    // `message = mailbox.recv().await;`
                    if let Some((Mark("="), value)) = rest.split_first()
                        && !matches!(before.last(), Some(Mark(".")))
                    {
                        let (value, _) = until(value, &|token| matches!(token, Mark(";" | "=>" | ",")));
                        let carry = self.bound_value(value, variables, false);
                        if carry > Carry::Nothing {
                            variables.bind(&[Word(name.clone())], carry);
                        }
                    }
                }
                Group(_, inner) => self.statements(inner, &mut variables.clone(), seen),
                _ => {}
            }
        }
    }

    /// Reads `let pattern = value;`, and returns its number of tokens after `let`.
    fn binding(&self, rest: &[Token], variables: &mut Variables, seen: &mut Findings) -> usize {
        let (pattern, behind) = until(rest, &|token| *token == Mark("="));
        let (mut value, _) = until(behind, &|token| *token == Mark(";"));
        if !matches!(value, [Word(word), ..] if matches!(word.as_str(), "if" | "match")) {
            // The `else` of a `let .. else`: a pattern that does not match binds nothing.
            value = until(value, &|token| *token == Word("else".into())).0;
        }
        self.statements(value, &mut variables.clone(), seen);
        let carry = self.bound_value(value, variables, false);
        let mut read = (pattern.len() + 1 + value.len()).min(rest.len());
        if let Some([Word(word), Group(_, block), ..]) = rest.get(read..)
            && word == "else"
        {
            self.statements(block, &mut variables.clone(), seen);
            read += 2;
        }
        variables.bind(self.pattern(pattern, carry), carry);
        read
    }

    /// Reads a condition from its first `let` on, together with its block. Returns the number of tokens.
    ///
    /// Its bindings are only visible in the block.
    fn conditional(&self, tokens: &[Token], variables: &Variables, seen: &mut Findings) -> usize {
        let mut inner = variables.clone();
        let read = self.condition(tokens, &mut inner, seen);
        let Some(Group(_, block)) = tokens.get(read) else { return read };
        self.statements(block, &mut inner, seen);
        read + 1
    }

    /// Reads a condition and its bindings: `let pattern = value && ready && let ..`. Returns the number of tokens.
    fn condition(&self, tokens: &[Token], variables: &mut Variables, seen: &mut Findings) -> usize {
        let mut at = 0;
        loop {
            let operand = tokens.get(at..).unwrap_or_default();
            let (pattern, value) = match operand {
                [Word(word), rest @ ..] if word == "let" => {
                    let (pattern, value) = until(rest, &|token| *token == Mark("="));
                    at += 1 + pattern.len() + 1;
                    (Some(pattern), value)
                }
                value => (None, value),
            };
            let value = value.get(..operand_end(value)).unwrap_or_default();
            self.statements(value, &mut variables.clone(), seen);
            if let Some(pattern) = pattern {
                let carry = self.bound_value(value, variables, false);
                variables.bind(self.pattern(pattern, carry), carry);
            }
            at += value.len();
            if tokens.get(at) != Some(&Mark("&&")) {
                return at.min(tokens.len());
            }
            at += 1;
        }
    }

    /// Reads an arm of `select!`: `pattern = value, if condition`.
    ///
    /// Returns the variables that it binds, and how much of a message they hold.
    fn select_arm<'t>(
        &self,
        head: &'t [Token],
        variables: &Variables,
        seen: &mut Findings,
    ) -> (&'t [Token], Carry) {
        let (pattern, value) = until(head, &|token| *token == Mark("="));
        let (value, _) = until(value, &|token| *token == Mark(","));
        self.statements(value, &mut variables.clone(), seen);
        (pattern, self.bound_value(value, variables, true))
    }

    fn handed_to(
        &self,
        name: &str,
        arguments: &[Token],
        tokens: &[Token],
        at: usize,
        variables: &Variables,
    ) -> Option<Handed> {
        if !name.starts_with(|first: char| first.is_lowercase() || first == '_')
            || self.mailboxes.call(tokens, at, false).is_some()
        {
            return None;
        }
        let given = |carry: Carry| {
            let mut arguments = arguments.split(|token| *token == Mark(","));
            arguments.position(|argument| self.value(argument, variables, false) == carry)
        };
        let whole = given(Carry::Whole);
        let argument = whole.or_else(|| given(Carry::Copy))?;
        let before = tokens.get(..at - 1).unwrap_or_default();
        let on = match before {
            [.., Word(word), Mark("." | "::")] => Some(word.clone()),
            _ => None,
        };
        let lent = arguments.split(|token| *token == Mark(",")).filter_map(|argument| match argument {
            [Mark("&"), Word(word), Word(name)] if word == "mut" => Some(name.clone()),
            _ => None,
        });
        let method = before.last() == Some(&Mark("."));
        let copied = whole.is_none();
        Some(Handed { name: name.to_owned(), on, method, argument, copied, lent: lent.collect() })
    }

    /// Returns the collection that a method call puts a message into.
    fn stored_by(
        &self,
        name: &str,
        arguments: &[Token],
        before: &[Token],
        variables: &Variables,
    ) -> Option<Stored> {
        let [held_in @ .., Mark(".")] = before else { return None };
        let place = puts_in(name).then(|| place(held_in)).flatten()?;
        self.storing(place, arguments, variables)
    }

    /// Returns the place, if one of the values is a message without its envelope.
    fn storing(&self, place: &str, values: &[Token], variables: &Variables) -> Option<Stored> {
        let is_envelope = |token: &Token| matches!(token, Word(word) if word == "Envelope" || word == "hold");
        let carry = self.list(values, variables, false);
        (carry >= Carry::Copy && !body::any(values, &is_envelope)).then(|| Stored {
            place: place.to_owned(),
            carry,
            words: body::words(values),
        })
    }

    /// Returns how much of a message a bound value holds. Any expression around a receive passes its message on.
    fn bound_value(&self, value: &[Token], variables: &Variables, awaited: bool) -> Carry {
        let carry = self.value(value, variables, awaited);
        let receives = self.mailboxes.is_message(value, awaited);
        let drops = matches!(value, [.., Mark("."), Word(name), Group(..)] if drops(name));
        if carry == Carry::Nothing && receives && !drops { Carry::Whole } else { carry }
    }
}

/// Evaluates expressions.
impl Flow<'_> {
    /// Returns the value of a block.
    fn block_value(&self, block: &[Token], variables: &Variables) -> Carry {
        let mut inner = variables.clone();
        self.statements(block, &mut inner, &mut Findings::default());
        self.value(tail(block), &inner, false)
    }

    /// Returns the value of an expression. `awaited` is true if it is awaited in place.
    fn value(&self, tokens: &[Token], variables: &Variables, awaited: bool) -> Carry {
        if !self.may_go_on() {
            return Carry::Nothing;
        }
        let behind = |carry, at| self.postfix(carry, tokens, at, variables, awaited);
        match tokens {
            [Mark("'"), Word(_), Mark(":"), rest @ ..] | [Mark("*"), rest @ ..] => {
                self.value(rest, variables, awaited)
            }
            [Word(word), rest @ ..] if word == "match" => {
                let value = head(rest);
                let Some(Group(_, arms)) = rest.get(value.len()) else { return Carry::Nothing };
                let carry = self.bound_value(value, variables, false);
                let arms = split_arms(arms).into_iter();
                let values = arms.map(|(pattern, body)| {
                    self.arm(body, &variables.with(self.pattern(pattern, carry), carry))
                });
                behind(values.max().unwrap_or_default(), 2 + value.len())
            }
            [Word(word), ..] if word == "if" => self.if_value(tokens, variables),
            [Word(word), Group(Delimiter::Brace, inner), ..] if word == "loop" => {
                let mut seen = Findings::default();
                self.statements(inner, &mut variables.clone(), &mut seen);
                behind(seen.broken, 2)
            }
            [Word(word), Group(Delimiter::Brace, inner), ..] if word == "unsafe" => {
                behind(self.block_value(inner, variables), 2)
            }
            [Group(Delimiter::Brace, inner), ..] => behind(self.block_value(inner, variables), 1),
            [Group(_, inner), ..] => {
                let carry = self.list(inner, variables, false);
                let is_tuple = inner.contains(&Mark(","));
                behind(if is_tuple { carry.min(Carry::InTuple) } else { carry }, 1)
            }
            [Word(_), ..] => self.path(tokens, variables, awaited),
            _ => Carry::Nothing,
        }
    }

    /// Returns the value of `if .. { .. } else if let .. { .. } else { .. }`, from its blocks.
    fn if_value(&self, tokens: &[Token], variables: &Variables) -> Carry {
        let mut carry = Carry::Nothing;
        let mut rest = tokens;
        while let Some(at) = block_of_if(rest) {
            let (condition, Some(Group(_, block))) = (rest.get(..at).unwrap_or_default(), rest.get(at))
            else {
                break;
            };
            let is_keyword = |token: &&Token| matches!(token, Word(word) if word == "if" || word == "else");
            let keywords = condition.iter().take_while(is_keyword).count();
            let mut inner = variables.clone();
            let condition = condition.get(keywords..).unwrap_or_default();
            self.condition(condition, &mut inner, &mut Findings::default());
            carry = carry.max(self.block_value(block, &inner));
            rest = rest.get(at + 1..).unwrap_or_default();
        }
        carry
    }

    fn arm(&self, body: &[Token], variables: &Variables) -> Carry {
        match body {
            [Group(Delimiter::Brace, inner)] => self.block_value(inner, variables),
            body => self.value(body, variables, false),
        }
    }

    /// Reads an expression that begins with a path: a variable, a call, a macro or a struct literal.
    fn path(&self, tokens: &[Token], variables: &Variables, awaited: bool) -> Carry {
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
        let behind = |carry, at| self.postfix(carry, tokens, at, variables, awaited);
        let Some(Word(name)) = tokens.get(end - 1) else {
            // A path that ends with its arguments has no value of interest.
            return behind(Carry::Nothing, end);
        };
        let is_type = name.starts_with(|first: char| first.is_uppercase());
        match tokens.get(end..).unwrap_or_default() {
            [Mark("!"), Group(_, inner), ..] => {
                let carry = match name.as_str() {
                    "select" | "select_biased" => {
                        let arms = split_arms(inner).into_iter().map(|(head, body)| {
                            let (pattern, carry) = self.select_arm(head, variables, &mut Findings::default());
                            self.arm(body, &variables.with(self.pattern(pattern, carry), carry))
                        });
                        arms.max().unwrap_or_default()
                    }
                    "ready" | "pin" | "vec" | "join" | "try_join" | "poll" => {
                        self.list(inner, variables, false)
                    }
                    _ => Carry::Nothing,
                };
                behind(carry, end + 2)
            }
            [Group(Delimiter::Parenthesis, inner), ..] => {
                let after = tokens.get(end + 1..).unwrap_or_default();
                let now = (awaited && after.is_empty())
                    || matches!(after, [Mark("."), Word(word), ..] if word == "await");
                let carry = match self.mailboxes.call(tokens, end, awaited) {
                    Some(Received::Message(carry)) => carry,
                    Some(Received::Batch | Received::Driven) => Carry::Nothing,
                    None if passes_through(name) || is_type || of_type(tokens, end) => {
                        let carry = self.list(inner, variables, now);
                        if carry == Carry::Whole {
                            let name = tokens.get(..end).and_then(constructor);
                            self.wrappers.borrow_mut().extend(name);
                        }
                        carry
                    }
                    // It may be a conversion or a handler.
                    None => self.list(inner, variables, now).min(Carry::Part),
                };
                behind(carry, end + 1)
            }
            [Group(Delimiter::Brace, inner), ..] if is_type => {
                let fields = inner.split(|token| *token == Mark(","));
                let carry = fields.map(|field| {
                    let label = usize::from(matches!(field, [Word(_), Mark(":"), ..])) * 2;
                    self.value(field.get(label..).unwrap_or_default(), variables, false)
                });
                behind(carry.max().unwrap_or_default(), end + 1)
            }
            _ if end == 1 && (variables.whole.contains(name) || self.buffers.contains(name)) => {
                behind(Carry::Whole, end)
            }
            _ if end == 1 && variables.parts.contains(name) => behind(Carry::Part, end),
            _ => behind(Carry::Nothing, end),
        }
    }

    /// Returns the value after the method calls from `at` on.
    fn postfix(
        &self,
        mut carry: Carry,
        tokens: &[Token],
        mut at: usize,
        variables: &Variables,
        awaited: bool,
    ) -> Carry {
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
                            Some(Received::Batch | Received::Driven) => Carry::Nothing,
                            None if keeps(name) => carry.max(self.list(arguments, variables, false)),
                            None if drops(name) => Carry::Nothing,
                            None if matches!(name.as_str(), "clone" | "to_owned") => carry.min(Carry::Copy),
                            // A message that is an argument is kept by the function that gets it.
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
                // An operator yields a number or a `bool`.
                _ => return Carry::Nothing,
            }
        }
    }

    fn list(&self, tokens: &[Token], variables: &Variables, awaited: bool) -> Carry {
        let values = tokens.split(|token| *token == Mark(","));
        values.map(|value| self.value(value, variables, awaited)).max().unwrap_or_default()
    }
}

/// Returns whether a `let` after these tokens is part of a condition.
fn is_condition(before: &[Token]) -> bool {
    match before.last() {
        Some(Word(word)) => matches!(word.as_str(), "if" | "while"),
        Some(mark) => *mark == Mark("&&"),
        None => false,
    }
}

/// Returns whether the macro is one whose arms receive.
fn is_select(before: &[Token]) -> bool {
    matches!(before.last(), Some(Word(word)) if word == "select" || word == "select_biased")
}

/// Functions that return their argument, later or wrapped.
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

/// Returns whether a call is a constructor-like function of a type: `Box::new(..)`, `Envelope::hold(..)`.
fn of_type(tokens: &[Token], end: usize) -> bool {
    let Some([.., Word(ty), Mark("::"), Word(name)]) = tokens.get(..end) else { return false };
    ty.starts_with(|first: char| first.is_uppercase())
        && matches!(name.as_str(), "new" | "from" | "pin" | "hold" | "bare" | "capture")
}

/// Methods whose result still contains the message.
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

/// Methods that only test whether there is a message.
fn drops(name: &str) -> bool {
    name.starts_with("is_") || matches!(name, "len" | "count" | "eq" | "ne")
}

/// Returns the last two words of a path to a constructor: `Event::Task`.
fn constructor(path: &[Token]) -> Option<String> {
    match path {
        [.., Word(ty), Mark("::"), Word(name)] if name.starts_with(|first: char| first.is_uppercase()) => {
            Some(format!("{ty}::{name}"))
        }
        _ => None,
    }
}

/// Returns whether a pattern names a variant by its path: `Some(Message::Post(text))`.
fn names_variant(pattern: &[Token]) -> bool {
    pattern.windows(2).any(|pair| {
        matches!(pair, [Mark("::"), Word(name)] if name.starts_with(|first: char| first.is_uppercase()))
    }) || pattern.iter().any(|token| matches!(token, Group(_, inner) if names_variant(inner)))
}

/// Methods that put their argument into a collection.
pub(crate) fn puts_in(name: &str) -> bool {
    matches!(name, "push" | "push_back" | "push_front" | "insert" | "replace" | "get_or_insert")
}

/// Returns the field or the variable that a chain of methods begins with.
///
/// For example, `waiting` of `self.waiting.entry(id).or_default()`.
pub(crate) fn place(tokens: &[Token]) -> Option<&str> {
    match tokens {
        [before @ .., Mark("."), Word(_), Group(Delimiter::Parenthesis, _)] | [before @ .., Mark("?")] => {
            place(before)
        }
        [.., Word(name)] if name != "self" => Some(name),
        _ => None,
    }
}

/// Returns the buffer of a batch: `batch` of `&mut self.batch`.
fn buffer(argument: &[Token]) -> Option<String> {
    argument.iter().rev().find_map(|token| match token {
        Word(word) if !matches!(word.as_str(), "mut" | "self") => Some(word.clone()),
        _ => None,
    })
}

fn before(tokens: &[Token], at: usize) -> Option<&Token> {
    tokens.get(at.checked_sub(1)?)
}

/// Returns the name that a pattern binds to the whole message.
fn bound(pattern: &[Token]) -> Option<String> {
    match pattern {
        [Word(word), rest @ ..] if matches!(word.as_str(), "mut" | "ref") => bound(rest),
        [Word(name)] | [Word(name), Mark("@" | ":"), ..] => is_variable(name).then(|| name.clone()),
        [path @ .., Group(Delimiter::Parenthesis, inner)] => match path.last() {
            Some(Word(word)) if matches!(word.as_str(), "Some" | "Ok" | "Ready") => bound(inner),
            // The output of a `select` of futures: the first value, and the other future.
            Some(Word(word)) if matches!(word.as_str(), "Left" | "Right") => match inner.as_slice() {
                [Group(Delimiter::Parenthesis, both)] => {
                    both.split(|token| *token == Mark(",")).find_map(bound)
                }
                inner => bound(inner),
            },
            _ => None,
        },
        [pattern @ .., Mark(",")] => bound(pattern),
        _ => None,
    }
}

/// Returns the elements of a tuple pattern.
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

/// Visits all names that a pattern may bind.
pub(crate) fn variables(pattern: &[Token], see: &mut impl FnMut(&str)) {
    for token in pattern {
        match token {
            Word(word) if is_variable(word) && !matches!(word.as_str(), "mut" | "ref") => see(word),
            Group(_, inner) => variables(inner, see),
            _ => {}
        }
    }
}

fn is_variable(name: &str) -> bool {
    name.starts_with(|first: char| first.is_lowercase())
}

/// Splits the arms of a `match` or a `select!` into the parts before and after `=>`.
pub(crate) fn split_arms(arms: &[Token]) -> Vec<(&[Token], &[Token])> {
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
        found.push((without_separator(head), behind.get(..end).unwrap_or_default()));
        rest = behind.get(end..).unwrap_or_default();
    }
    found
}

/// Removes the separator before an arm's head: the comma of the previous arm, or `biased;`.
fn without_separator(head: &[Token]) -> &[Token] {
    match head {
        [Mark(","), rest @ ..] => without_separator(rest),
        [Word(word), Mark(";"), rest @ ..] if word == "biased" => without_separator(rest),
        head => head,
    }
}

/// Returns the last expression of a block, which is its value, or nothing if the block ends with `;`.
fn tail(block: &[Token]) -> &[Token] {
    let start = block.iter().rposition(|token| *token == Mark(";")).map_or(0, |end| end + 1);
    let mut rest = block.get(start..).unwrap_or_default();
    loop {
        let end = match rest {
            [Mark("#"), Group(Delimiter::Bracket, _), ..] => 2,
            [Word(_), ..] | [Mark("'"), Word(_), Mark(":"), ..] if statement_end(rest) > 0 => {
                statement_end(rest)
            }
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

/// Returns the end of a statement with a block (`match`, `if` or a loop, with or without a label), or 0 for any other.
fn statement_end(tokens: &[Token]) -> usize {
    let label = if matches!(tokens, [Mark("'"), Word(_), Mark(":"), ..]) { 3 } else { 0 };
    let Some([Word(word), rest @ ..]) = tokens.get(label..) else {
        return if label > 0 { (label + 1).min(tokens.len()) } else { 0 };
    };
    let head = match word.as_str() {
        "if" => return end_of_if(tokens),
        "loop" | "unsafe" => 0,
        "match" | "while" => head(rest).len(),
        "for" => {
            let (pattern, value) = until(rest, &|token| *token == Word("in".into()));
            pattern.len() + 1 + head(value).len()
        }
        _ => return 0,
    };
    (label + 1 + head + 1).min(tokens.len())
}

fn end_of_if(tokens: &[Token]) -> usize {
    let mut end = 0;
    loop {
        let rest = tokens.get(end..).unwrap_or_default();
        end += block_of_if(rest).map_or(rest.len(), |at| at + 1);
        match tokens.get(end) {
            Some(Word(word)) if word == "else" => end += 1,
            _ => return end,
        }
    }
}

/// Returns the position of the block of an `if`, an `else if` or an `else`.
fn block_of_if(tokens: &[Token]) -> Option<usize> {
    match tokens {
        [Word(word), rest @ ..] if word == "if" => {
            let at = 1 + head(rest).len();
            (at < tokens.len()).then_some(at)
        }
        [Word(word), rest @ ..] if word == "else" => block_of_if(rest).map(|at| at + 1),
        [block, ..] => is_block(block).then_some(0),
        [] => None,
    }
}

/// Returns the tokens before the block of a `match`, an `if`, a `while` or a `for`.
///
/// `{ rx.recv().await }` can be a value as well. The statement's block is then the one after it.
fn head(tokens: &[Token]) -> &[Token] {
    let mut at = 0;
    loop {
        let rest = tokens.get(at..).unwrap_or_default();
        if let [Word(word), behind @ ..] = rest
            && word == "let"
        {
            let (pattern, _) = until(behind, &|token| *token == Mark("="));
            at += pattern.len() + 2;
        }
        at += operand_end(tokens.get(at..).unwrap_or_default());
        match tokens.get(at) {
            Some(Mark("&&")) => at += 1,
            _ => return tokens.get(..at).unwrap_or(tokens),
        }
    }
}

/// Returns the end of an operand of a condition: the next `&&` or the condition's block, outside of nested blocks.
fn operand_end(tokens: &[Token]) -> usize {
    let own = match tokens {
        [Group(Delimiter::Brace, _), ..] => 1,
        _ => statement_end(tokens),
    };
    let rest = tokens.get(own..).unwrap_or_default();
    // The braces of `select! { .. }` are part of the operand.
    let is_of_macro = |at: usize| before(rest, at) == Some(&Mark("!"));
    let ends = |(at, token): (usize, &Token)| is_block(token) && !is_of_macro(at) || *token == Mark("&&");
    own + rest.iter().enumerate().position(ends).unwrap_or(rest.len())
}

fn is_block(token: &Token) -> bool {
    matches!(token, Group(Delimiter::Brace, _))
}

/// Splits at the first token that `ends`, which belongs to neither side.
fn until<'a>(tokens: &'a [Token], ends: &dyn Fn(&Token) -> bool) -> (&'a [Token], &'a [Token]) {
    let at = tokens.iter().position(ends).unwrap_or(tokens.len());
    (tokens.get(..at).unwrap_or_default(), tokens.get(at + 1..).unwrap_or_default())
}
