//! The tokens of a function's body, divided into code that runs with the function and code that runs at another time.
//!
//! Bodies are not parsed, so that macros such as `select!` are read as well. Closures, nested functions and `async`
//! blocks are taken out, because they run at another time or elsewhere. Those that receive messages themselves are
//! stored separately.

use std::collections::VecDeque;

use proc_macro2::{Delimiter, Spacing, Span, TokenStream, TokenTree};

/// A token without its span, with operators in one piece.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Token {
    Word(String),
    Mark(&'static str),
    Group(Delimiter, Vec<Token>),
    Other,
}

use Token::{Group, Mark, Word};

/// A function's body.
pub(crate) struct Body {
    /// The tokens that run when the function runs.
    pub(crate) tokens: Vec<Token>,
    /// The `async` blocks and closures in it.
    pub(crate) blocks: Vec<Block>,
}

/// An `async` block or a closure.
pub(crate) struct Block {
    pub(crate) tokens: Vec<Token>,
    /// The location of its start.
    pub(crate) span: Span,
    /// Whether `.traced()` follows it.
    pub(crate) traced: bool,
    /// Whether it is an `async` block.
    pub(crate) is_future: bool,
}

impl Body {
    /// Reads a body.
    pub(crate) fn read(tokens: TokenStream) -> Self {
        let mut blocks = Vec::new();
        let tokens = Parts { blocks: &mut blocks }.part(lex(tokens));
        Self { tokens, blocks }
    }
}

/// A token with its span, before blocks are taken out.
enum Raw {
    Word(String, Span),
    Mark(&'static str, Span),
    Group(Delimiter, Vec<Raw>),
    Other,
}

const MARKS: [&str; 31] = [
    "=>", "->", "==", "!=", "<=", ">=", "||", "&&", "::", "..", "|=", "=", "|", "&", ",", ";", ":", ".", "?",
    "!", "<", ">", "+", "-", "*", "/", "%", "@", "#", "^", "'",
];

fn lex(tokens: TokenStream) -> Vec<Raw> {
    let mut read = Vec::new();
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Ident(ident) => read.push(Raw::Word(ident.to_string(), ident.span())),
            TokenTree::Literal(_) => read.push(Raw::Other),
            // The invisible group around a fragment of `macro_rules!`.
            TokenTree::Group(group) if group.delimiter() == Delimiter::None => {
                read.extend(lex(group.stream()));
            }
            TokenTree::Group(group) => read.push(Raw::Group(group.delimiter(), lex(group.stream()))),
            TokenTree::Punct(punct) => {
                let mut text = String::from(punct.as_char());
                if punct.spacing() == Spacing::Joint
                    && let Some(TokenTree::Punct(next)) = tokens.peek()
                {
                    text.push(next.as_char());
                    if MARKS.contains(&text.as_str()) {
                        tokens.next();
                    } else {
                        text.pop();
                    }
                }
                let mark = MARKS.into_iter().find(|mark| *mark == text);
                read.push(mark.map_or(Raw::Other, |mark| Raw::Mark(mark, punct.span())));
            }
        }
    }
    read
}

/// The tokens of one level that are not read yet.
struct Rest(VecDeque<Raw>);

impl Rest {
    fn new(tokens: Vec<Raw>) -> Self {
        Self(tokens.into())
    }

    fn next(&mut self) -> Option<Raw> {
        self.0.pop_front()
    }

    fn peek(&self) -> Option<&Raw> {
        self.0.front()
    }

    fn next_if(&mut self, wanted: impl FnOnce(&Raw) -> bool) -> Option<Raw> {
        self.peek().is_some_and(wanted).then(|| self.next()).flatten()
    }

    /// Skips tokens up to and including the first wanted one.
    fn skip_past(&mut self, wanted: impl Fn(&Raw) -> bool) {
        while self.next().is_some_and(|token| !wanted(&token)) {}
    }

    /// Returns whether the block that was just read runs here: it is awaited in place, or it is the arm of a `select!`.
    fn is_polled_here(&self, before: Option<&Token>) -> bool {
        match (self.0.front(), self.0.get(1)) {
            (Some(Raw::Mark(".", _)), Some(Raw::Word(word, _))) => word == "await",
            (Some(Raw::Mark("=>", _)), _) => true,
            (Some(Raw::Mark(",", _)), Some(Raw::Word(word, _))) => word == "if" && before == Some(&Mark("=")),
            _ => false,
        }
    }

    /// Returns whether `.traced` comes next.
    fn is_traced(&self) -> bool {
        matches!((self.0.front(), self.0.get(1)), (Some(Raw::Mark(".", _)), Some(Raw::Word(word, _))) if word == "traced")
    }
}

/// Separates code that runs here from code that runs at another time.
struct Parts<'a> {
    blocks: &'a mut Vec<Block>,
}

impl Parts<'_> {
    fn part(&mut self, tokens: Vec<Raw>) -> Vec<Token> {
        let mut kept: Vec<Token> = Vec::with_capacity(tokens.len());
        let mut rest = Rest::new(tokens);
        while let Some(token) = rest.next() {
            match token {
                // `fn name(..) -> T { .. }`, but not the type `fn(..) -> T`.
                Raw::Word(word, _) if word == "fn" && matches!(rest.peek(), Some(Raw::Word(..))) => {
                    rest.skip_past(ends_item);
                }
                Raw::Word(word, span) if word == "async" => {
                    if matches!(rest.peek(), Some(Raw::Word(word, _)) if word == "move") {
                        rest.next();
                    }
                    if let Some(Raw::Group(_, inner)) = rest.next_if(is_block) {
                        if rest.is_polled_here(kept.last()) {
                            let inner = self.part(inner);
                            kept.push(Group(Delimiter::Brace, inner));
                            continue;
                        }
                        self.block(inner, span, rest.is_traced(), true);
                    }
                    // An async closure follows.
                    kept.push(Word("move".into()));
                }
                // It is polled with the function, so it runs when the function runs.
                Raw::Word(word, _) if word == "poll_fn" => {
                    kept.push(Word(word));
                    if let Some(Raw::Group(delimiter, inner)) =
                        rest.next_if(|token| matches!(token, Raw::Group(..)))
                    {
                        let inner = self.part(without_header(inner));
                        kept.push(Group(delimiter, inner));
                    }
                }
                Raw::Mark(bar @ ("|" | "||"), span) if starts_expression(kept.last()) => {
                    self.closure(bar, span, &mut rest);
                    kept.push(Token::Other);
                }
                Raw::Word(word, _) => kept.push(Word(word)),
                Raw::Mark(mark, _) => kept.push(Mark(mark)),
                Raw::Group(delimiter, inner) => {
                    let inner = self.part(inner);
                    kept.push(Group(delimiter, inner));
                }
                Raw::Other => kept.push(Token::Other),
            }
        }
        kept
    }

    fn closure(&mut self, bar: &str, span: Span, rest: &mut Rest) {
        if bar == "|" {
            rest.skip_past(|token| matches!(token, Raw::Mark("|", _)));
        }
        if matches!(rest.peek(), Some(Raw::Mark("->", _))) {
            while rest.next_if(|token| !is_block(token)).is_some() {}
        }
        let mut inner = Vec::new();
        if let Some(Raw::Group(_, block)) = rest.next_if(is_block) {
            inner = block;
        } else {
            while let Some(token) = rest.next_if(|token| !matches!(token, Raw::Mark("," | ";", _))) {
                inner.push(token);
            }
        }
        self.block(inner, span, rest.is_traced(), false);
    }

    fn block(&mut self, inner: Vec<Raw>, span: Span, traced: bool, is_future: bool) {
        let tokens = self.part(inner);
        self.blocks.push(Block { tokens, span, traced, is_future });
    }
}

/// Returns the body of the closure at the start of a group.
fn without_header(tokens: Vec<Raw>) -> Vec<Raw> {
    let mut rest = Rest::new(tokens);
    rest.next_if(|token| matches!(token, Raw::Word(word, _) if word == "move"));
    if rest.next_if(|token| matches!(token, Raw::Mark("|", _))).is_some() {
        rest.skip_past(|token| matches!(token, Raw::Mark("|", _)));
    }
    rest.0.into()
}

fn is_block(token: &Raw) -> bool {
    matches!(token, Raw::Group(Delimiter::Brace, _))
}

fn ends_item(token: &Raw) -> bool {
    is_block(token) || matches!(token, Raw::Mark(";", _))
}

/// Returns whether a `|` after this token opens a closure. Elsewhere it is an operator or part of a pattern.
fn starts_expression(before: Option<&Token>) -> bool {
    const KEYWORDS: [&str; 10] =
        ["move", "static", "return", "break", "else", "in", "if", "while", "match", "yield"];
    match before {
        None => true,
        Some(Word(word)) => KEYWORDS.contains(&word.as_str()),
        Some(Mark(mark)) => !matches!(*mark, "?" | ">"),
        Some(Group(..) | Token::Other) => false,
    }
}

/// Returns whether `ask` holds for any token, at any depth.
pub(crate) fn any(tokens: &[Token], ask: &impl Fn(&Token) -> bool) -> bool {
    tokens.iter().any(|token| ask(token) || matches!(token, Group(_, inner) if any(inner, ask)))
}

/// Returns the number of tokens, at any depth, for which `ask` holds.
pub(crate) fn count(tokens: &[Token], ask: &impl Fn(&Token) -> bool) -> usize {
    let inner = |token: &Token| if let Group(_, inner) = token { count(inner, ask) } else { 0 };
    tokens.iter().map(|token| usize::from(ask(token)) + inner(token)).sum()
}

/// Returns the words of all tokens, at any depth.
pub(crate) fn words(tokens: &[Token]) -> Vec<String> {
    let words = tokens.iter().flat_map(|token| match token {
        Word(word) => vec![word.clone()],
        Group(_, inner) => words(inner),
        _ => Vec::new(),
    });
    words.collect()
}

/// Visits every `.name(arguments)`, at any depth.
pub(crate) fn method_calls(tokens: &[Token], see: &mut impl FnMut(&str, &[Token])) {
    for at in 0..tokens.len() {
        if let Some([Mark("."), Word(name), Group(Delimiter::Parenthesis, arguments), ..]) = tokens.get(at..)
        {
            see(name, arguments);
        }
        if let Some(Group(_, inner)) = tokens.get(at) {
            method_calls(inner, see);
        }
    }
}
