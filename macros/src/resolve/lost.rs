//! Finds calls in a body that start code without the trace of the handled message: `tokio::spawn` and similar.
//!
//! A method is recognized if it is named `spawn` and its argument is an `async` block: `self.tasks.spawn(async move { .. })`.
//! Of functions, only two kinds of paths are recognized: those that begin with the crate's name, and those that begin with a name
//! that a `use` in the annotated module imports. `task::spawn` may be anything, and is often ours.

use std::collections::BTreeSet;

use proc_macro2::{Delimiter, Group, Spacing, Span, TokenStream, TokenTree};
use syn::{Ident, UseTree};

use crate::body::{Body, Token};
use crate::model::{Function, Item, Lost, Module, Role, What};

/// The calls, and for each the function of `lost_context` with its warning.
const CALLS: [(&[&str], &str); 7] = [
    (&["tokio", "spawn"], "tokio_spawn"),
    (&["tokio", "task", "spawn"], "tokio_spawn"),
    (&["tokio", "task", "spawn_local"], "tokio_spawn_local"),
    (&["tokio", "task", "spawn_blocking"], "tokio_spawn_blocking"),
    (&["std", "thread", "spawn"], "thread_spawn"),
    (&["rayon", "spawn"], "thread_spawn"),
    (&["rayon", "spawn_fifo"], "thread_spawn"),
];

/// Names that a `use` imports, and their full paths.
#[derive(Default)]
pub(super) struct Imports(Vec<(String, Vec<String>)>);

impl Imports {
    pub(super) fn of(module: &Module) -> Self {
        let mut imports = Self::default();
        for item in &module.items {
            if let Item::Other(other) = item
                && let What::Use(item) = &other.what
            {
                imports.see(&item.tree, &mut Vec::new());
            }
        }
        imports
    }

    fn see(&mut self, tree: &UseTree, path: &mut Vec<String>) {
        match tree {
            UseTree::Path(part) => {
                path.push(part.ident.to_string());
                self.see(&part.tree, path);
                path.pop();
            }
            UseTree::Group(group) => group.items.iter().for_each(|tree| self.see(tree, path)),
            UseTree::Name(name) if name.ident == "self" => {
                self.0.extend(path.last().cloned().map(|last| (last, path.clone())));
            }
            UseTree::Name(name) => self.insert(&name.ident, &name.ident, path),
            UseTree::Rename(rename) => self.insert(&rename.rename, &rename.ident, path),
            UseTree::Glob(_) => {}
        }
    }

    fn insert(&mut self, name: &syn::Ident, of: &syn::Ident, path: &[String]) {
        // `use traced_actor::tokio`: everything except its channels is tokio's own.
        if of == "tokio" && name == "tokio" {
            return;
        }
        let full = path.iter().cloned().chain([of.to_string()]);
        self.0.push((name.to_string(), full.collect()));
    }

    /// Returns the full path, as far as it is known.
    fn full(&self, path: &[String], is_global: bool) -> Vec<String> {
        let named = path.split_first().and_then(|(first, rest)| {
            let (_, full) = self.0.iter().find(|(name, _)| name == first && !is_global)?;
            Some(full.iter().chain(rest).cloned().collect())
        });
        named.unwrap_or_else(|| path.to_vec())
    }
}

/// Returns the calls that lose the trace of a message that each function handles.
///
/// A call in a function without a role belongs to the first loop or handler that calls this function, directly or not.
/// `functions` have the type of their impl.
pub(super) fn find(functions: &[(Option<&Ident>, &Function)], imports: &Imports) -> Vec<Vec<Lost>> {
    let bodies: Vec<Body> = functions.iter().map(|(_, function)| Body::read(function.statements())).collect();
    let mut told = BTreeSet::new();
    let found = functions.iter().enumerate().map(|(at, (_, function))| {
        let mut lost = Vec::new();
        let mut callers = Vec::new();
        if has_role(function) && !function.may_lose {
            lost.extend(calls(function.statements(), imports));
            callers.push(at);
        }
        while let Some(at) = callers.pop() {
            let (Some((owner, caller)), Some(body)) = (functions.get(at), bodies.get(at)) else { break };
            for (to, (owner_of_called, called)) in functions.iter().enumerate() {
                let may_tell =
                    matches!(called.role, Role::Plain) && called.mark.is_none() && !called.may_lose;
                let is_in_reach = owner_of_called.is_none() || owner_of_called == owner;
                if may_tell
                    && is_in_reach
                    && handles_by(caller, body, called, owner_of_called.is_some())
                    && told.insert(to)
                {
                    lost.extend(calls(called.statements(), imports));
                    callers.push(to);
                }
            }
        }
        lost
    });
    found.collect()
}

fn has_role(function: &Function) -> bool {
    matches!(function.role, Role::Loop | Role::Handler(_))
}

/// Returns whether a function calls another one while it handles a message: in a loop, not before the first turn.
fn handles_by(caller: &Function, body: &Body, called: &Function, is_method: bool) -> bool {
    let is_loop = |token: &Token| matches!(token, Token::Word(word) if matches!(word.as_str(), "loop" | "while" | "for"));
    let start = match caller.role {
        Role::Loop => body.tokens.iter().position(is_loop).unwrap_or_default(),
        _ => 0,
    };
    let closures = body.blocks.iter().filter(|block| !block.is_future).map(|block| &*block.tokens);
    let name = called.sig.ident.to_string();
    let mut parts = body.tokens.get(start..).into_iter().chain(closures);
    parts.any(|tokens| is_called(tokens, &name, is_method))
}

/// Returns whether there is a call of `self.name(..)` or `Self::name(..)`, or of a free function.
fn is_called(tokens: &[Token], name: &str, is_method: bool) -> bool {
    (0..tokens.len()).any(|at| match tokens.get(at..) {
        Some([Token::Word(word), Token::Group(Delimiter::Parenthesis, _), ..]) if word == name => {
            match tokens.get(..at).unwrap_or_default() {
                [.., Token::Word(on), Token::Mark("." | "::")] => is_method && (on == "self" || on == "Self"),
                [.., Token::Mark("." | "::")] => false,
                _ => !is_method,
            }
        }
        Some([Token::Group(_, inner), ..]) => is_called(inner, name, is_method),
        _ => false,
    })
}

/// Returns the calls in a body that lose the trace.
fn calls(body: TokenStream, imports: &Imports) -> Vec<Lost> {
    let mut found = Vec::new();
    see(body, imports, &mut found);
    found
}

fn see(tokens: TokenStream, imports: &Imports, found: &mut Vec<Lost>) {
    let mut path = Path::default();
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Ident(ident) => path.push(ident.to_string(), ident.span()),
            TokenTree::Punct(punct) if punct.as_char() == ':' => path.colon(punct.spacing()),
            TokenTree::Punct(punct) if punct.as_char() == '<' && path.is_joined() => {
                // `spawn::<_, _>(..)`
                let mut depth = 1_u32;
                while depth > 0 {
                    match tokens.next() {
                        Some(TokenTree::Punct(punct)) if punct.as_char() == '<' => depth += 1,
                        Some(TokenTree::Punct(punct)) if punct.as_char() == '>' => depth -= 1,
                        Some(_) => {}
                        None => return,
                    }
                }
                path.unjoin();
            }
            TokenTree::Group(group) => {
                let is_call = group.delimiter() == Delimiter::Parenthesis;
                let call = is_call.then(|| path.call(imports).or_else(|| path.method(&group))).flatten();
                match call {
                    // Its argument already runs elsewhere.
                    Some(_) if is_traced(&group) => {}
                    Some(lost) => found.push(lost),
                    None => see(group.stream(), imports, found),
                }
                path = Path::default();
            }
            TokenTree::Punct(punct) => path = Path::after(punct.as_char()),
            TokenTree::Literal(_) => path = Path::default(),
        }
    }
}

/// Returns whether `.traced()` or `.in_current_trace()` is among the arguments. The code then has a flow on purpose.
fn is_traced(arguments: &Group) -> bool {
    crate::types::mentions(arguments.stream(), &["traced", "Traced", "in_current_trace"])
}

/// Returns whether the first argument is an `async` block.
fn is_block(arguments: &Group) -> bool {
    let first = arguments.stream().into_iter().next();
    matches!(first, Some(TokenTree::Ident(word)) if word == "async")
}

/// The path that ends at the current position.
#[derive(Default)]
struct Path {
    words: Vec<String>,
    span: Option<Span>,
    colons: u8,
    is_global: bool,
    /// Whether it is a method's name or a function's declaration.
    is_other: bool,
}

impl Path {
    fn after(mark: char) -> Self {
        Self { is_other: mark == '.', ..Self::default() }
    }

    fn push(&mut self, word: String, span: Span) {
        if self.colons == 2 {
            self.is_global |= self.words.is_empty();
        } else {
            let is_declared = self.words.last().is_some_and(|word| word == "fn");
            let is_other = (self.is_other && self.words.is_empty()) || is_declared;
            *self = Self { is_other, ..Self::default() };
        }
        self.words.push(word);
        (self.span, self.colons) = (Some(span), 0);
    }

    fn colon(&mut self, spacing: Spacing) {
        match (self.colons, spacing) {
            (0, Spacing::Joint) => self.colons = 1,
            (1, _) => self.colons = 2,
            _ => *self = Self::default(),
        }
    }

    fn is_joined(&self) -> bool {
        self.colons == 2
    }

    fn unjoin(&mut self) {
        self.colons = 0;
    }

    fn call(&self, imports: &Imports) -> Option<Lost> {
        let span = self.span.filter(|_| !self.is_other && self.colons == 0)?;
        let full = imports.full(&self.words, self.is_global);
        let (_, warning) = CALLS.iter().find(|(call, _)| full.iter().eq(call.iter()))?;
        Some(Lost { warning, span })
    }

    /// Returns a call of a method that starts a task: of a `JoinSet`, a `TaskTracker`, a `Handle` and so on.
    fn method(&self, arguments: &Group) -> Option<Lost> {
        let span = self.span.filter(|_| self.is_other && is_block(arguments))?;
        let [name] = &*self.words else { return None };
        let spawns = matches!(name.as_str(), "spawn" | "spawn_local" | "spawn_on");
        spawns.then_some(Lost { warning: "tokio_spawn", span })
    }
}
