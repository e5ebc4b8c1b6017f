//! Finds the variables that stand for a field or for another variable: `let queue = &mut self.pending;`.
//!
//! This reads tokens and is not a type check. A part of a collection counts as the collection, and so does what was taken out
//! of one: `let queue = self.waiting.entry(id).or_default();`.

use std::collections::BTreeMap;

use proc_macro2::Delimiter;

use crate::body::Token::{self, Group, Mark, Word};
use crate::dataflow::{place, split_arms};

/// The variables of a body, and what each stands for.
#[derive(Default)]
pub(super) struct Borrows(BTreeMap<String, String>);

impl Borrows {
    pub(super) fn of(body: &[Token]) -> Self {
        let mut borrows = Self::default();
        borrows.read(body);
        borrows
    }

    /// Returns the place that a name stands for.
    pub(super) fn origin<'a>(&'a self, name: &'a str) -> &'a str {
        let mut origin = name;
        // A variable may shadow the one that it borrows.
        for _ in 0..self.0.len() {
            origin = self.0.get(origin).map_or(origin, |of| of);
        }
        origin
    }

    /// Returns all names of a place.
    pub(super) fn names<'a>(&'a self, place: &'a str) -> impl Iterator<Item = &'a str> {
        let names = self.0.keys().filter(move |name| self.origin(name) == place).map(|name| &**name);
        std::iter::once(place).chain(names)
    }

    fn read(&mut self, tokens: &[Token]) {
        for (at, token) in tokens.iter().enumerate() {
            let rest = tokens.get(at + 1..).unwrap_or_default();
            match token {
                Word(word) if word == "let" => {
                    let mut parts = rest.splitn(2, |token| *token == Mark("="));
                    let (pattern, value) =
                        (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
                    let is_end = |token: &Token| {
                        matches!(token, Mark(";" | "&&") | Group(Delimiter::Brace, _))
                            || *token == Word("else".into())
                    };
                    self.bind(pattern, value.split(is_end).next().unwrap_or_default());
                }
                Word(word) if word == "match" => {
                    let end = rest.iter().position(|token| matches!(token, Group(Delimiter::Brace, _)));
                    if let Some((value, [Group(_, arms), ..])) =
                        end.and_then(|end| rest.split_at_checked(end))
                    {
                        for (pattern, _) in split_arms(arms) {
                            self.bind(pattern, value);
                        }
                    }
                }
                Group(_, inner) => self.read(inner),
                _ => {}
            }
        }
    }

    fn bind(&mut self, pattern: &[Token], value: &[Token]) {
        match (pattern, value) {
            // `Some(queue)`
            ([Word(_), Group(Delimiter::Parenthesis, inner)], _) => self.bind(inner, value),
            // `(queue, peers) = (&mut self.queue, &self.peers)`
            ([Group(_, names)], [Group(_, values)]) => {
                let values = values.split(|token| *token == Mark(","));
                names
                    .split(|token| *token == Mark(","))
                    .zip(values)
                    .for_each(|(name, value)| self.bind(name, value));
            }
            // `Self { queue: waiting, .. } = self`
            ([.., Word(_), Group(Delimiter::Brace, fields)], _) => {
                for field in fields.split(|token| *token == Mark(",")) {
                    if let [Word(field), Mark(":"), name @ ..] = field {
                        self.insert(name, Some(field));
                    }
                }
            }
            _ => self.insert(pattern, borrowed(value)),
        }
    }

    fn insert(&mut self, name: &[Token], of: Option<&str>) {
        if let [.., Word(name)] = name
            && let Some(of) = of.filter(|of| of != name)
        {
            self.0.insert(name.clone(), of.to_owned());
        }
    }
}

/// Returns the place that a value borrows, or a part of which it borrows or takes.
fn borrowed(value: &[Token]) -> Option<&str> {
    const VIEWS: [&str; 19] = [
        "get_mut",
        "or_default",
        "or_insert",
        "or_insert_with",
        "get_or_insert_with",
        "as_mut",
        "as_deref_mut",
        "iter_mut",
        "values_mut",
        "front_mut",
        "back_mut",
        "first_mut",
        "last_mut",
        "borrow_mut",
        "lock",
        "write",
        "entry",
        "remove",
        "take",
    ];
    match value {
        [Mark("&"), Word(word), of @ ..] if word == "mut" => place(of),
        // `mem::take(&mut self.pending)`
        [.., Word(module), Mark("::"), Word(name), Group(_, arguments)]
            if module == "mem" && (name == "take" || name == "replace") =>
        {
            borrowed(arguments.split(|token| *token == Mark(",")).next()?)
        }
        [Word(word), Mark("."), Word(name)] if word == "self" => Some(name),
        _ => {
            let is_view = |token: &Token| matches!(token, Word(word) if VIEWS.contains(&word.as_str()));
            let value = value.strip_suffix(&[Mark("."), Word("await".into())]).unwrap_or(value);
            value.iter().any(is_view).then(|| place(value)).flatten()
        }
    }
}
