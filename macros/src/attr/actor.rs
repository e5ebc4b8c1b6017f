//! The options of `#[traced_actor(..)]`.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Ident, LitInt, LitStr, Path, Type};

use crate::attr::table::{self, Row, Table, name, positive, value};
use crate::errors::Errors;

/// The kind of item that the attribute stands on. It determines the options that make sense.
#[derive(Clone, Copy)]
pub(crate) enum Target {
    Data,
    Impl,
    Function,
    Module,
    /// The impl of a framework's trait.
    Trait,
}

/// The options, as written.
pub(crate) struct Args {
    /// The path of the runtime in generated code.
    pub(crate) root: Path,
    pub(crate) name: Option<LitStr>,
    pub(crate) msg: Option<Type>,
    pub(crate) handler: Option<Ident>,
    pub(crate) run: Option<Ident>,
    pub(crate) local: bool,
    /// The key, if an `impl Actor` is requested in addition to a receive loop.
    pub(crate) spawn: Option<Ident>,
    /// Whether spawns may lose the trace.
    pub(crate) may_lose: bool,
    /// The path of the adapter for ractor, if it is requested.
    pub(crate) ractor: Option<Path>,
    /// The path of the adapter for kameo, if it is requested.
    pub(crate) kameo: Option<Path>,
    /// The path of the adapter for actix, if it is requested.
    pub(crate) actix: Option<Path>,
    /// Whether an actor of actix names its messages by their types.
    pub(crate) by_type: bool,
    /// Message types that are named by their types and have no attribute themselves.
    pub(crate) messages: Vec<Type>,
    /// The methods that start an actor of actix and that the user has written.
    pub(crate) own: Vec<Ident>,
    start: Option<Ident>,
    sampler: Option<Path>,
    fanout_budget: Option<LitInt>,
    hop_limit: Option<LitInt>,
}

const NAME: Row<Args> = ("name", |args, key, input, _| {
    args.name = Some(value(key, input, r#"name = "Guild""#, name)?);
    Ok(())
});

const MSG: Row<Args> = ("msg", |args, key, input, _| {
    args.msg = Some(message(value(key, input, "msg = Message", Type::parse)?)?);
    Ok(())
});

const HANDLER: Row<Args> = ("handler", |args, key, input, _| {
    args.handler = Some(value(key, input, "handler = handle_message", Ident::parse)?);
    Ok(())
});

const RUN: Row<Args> = ("run", |args, key, input, _| {
    args.run = Some(value(key, input, "run = run", Ident::parse)?);
    Ok(())
});

const START: Row<Args> = ("start", |args, key, input, _| {
    // It stands between backticks in the error.
    let example = "start = never`, `start = always` or `start = sampler";
    args.start = Some(value(key, input, example, start)?);
    Ok(())
});

const SAMPLER: Row<Args> = ("sampler", |args, key, input, _| {
    args.sampler = Some(value(key, input, "sampler = path::to::function", Path::parse)?);
    Ok(())
});

const FANOUT_BUDGET: Row<Args> = ("fanout_budget", |args, key, input, _| {
    args.fanout_budget = Some(value(key, input, "fanout_budget = 10", positive::<{ u64::MAX }>)?);
    Ok(())
});

const HOP_LIMIT: Row<Args> = ("hop_limit", |args, key, input, _| {
    args.hop_limit = Some(value(key, input, "hop_limit = 64", positive::<{ u16::MAX as u64 }>)?);
    Ok(())
});

const CRATE: Row<Args> = ("crate", |args, key, input, _| {
    args.root = root(value(key, input, r#"crate = "::traced_actor""#, path)?)?;
    Ok(())
});

const LOCAL: Row<Args> = ("local", |args, _, _, _| {
    args.local = true;
    Ok(())
});

const SPAWN: Row<Args> = ("spawn", |args, key, _, _| {
    args.spawn = Some(key.clone());
    Ok(())
});

const ALLOW: Row<Args> = ("allow", |args, key, input, _| {
    table::lost_context(key, input)?;
    args.may_lose = true;
    Ok(())
});

const RACTOR: Row<Args> = ("ractor", |args, key, input, _| {
    let default = syn::parse_quote_spanned!(key.span()=> ::traced_actor_ractor);
    args.ractor = Some(adapter(key, input, r#"ractor = "::traced_actor_ractor""#, default)?);
    Ok(())
});

const KAMEO: Row<Args> = ("kameo", |args, key, input, _| {
    let default = syn::parse_quote_spanned!(key.span()=> ::traced_actor_kameo);
    args.kameo = Some(adapter(key, input, r#"kameo = "::traced_actor_kameo""#, default)?);
    Ok(())
});

const ACTIX: Row<Args> = ("actix", |args, key, input, _| {
    let default = syn::parse_quote_spanned!(key.span()=> ::traced_actor_actix);
    args.actix = Some(adapter(key, input, r#"actix = "::traced_actor_actix""#, default)?);
    Ok(())
});

const BY_TYPE: Row<Args> = ("by_type", |args, _, _, _| {
    args.by_type = true;
    Ok(())
});

const MESSAGES: Row<Args> = ("by_type", |args, key, input, errors| {
    let missing = "`by_type` takes message types of this crate: write `by_type(Message)`";
    let content = table::parenthesized(key, input, missing)?;
    let messages = content.call(Punctuated::<Type, syn::Token![,]>::parse_terminated)?;
    for message in messages.iter().filter(|message| crate::types::named(message).is_none()) {
        errors.at(message, missing);
    }
    args.messages.extend(messages);
    Ok(())
});

const OWN: Row<Args> = ("own", |args, key, input, errors| {
    let content = table::parenthesized(key, input, "expected names: write `own(start)`")?;
    let names = content.call(Punctuated::<Ident, syn::Token![,]>::parse_terminated)?;
    for name in names.iter().filter(|name| !STARTS.iter().any(|start| name == start)) {
        errors.at(
            name,
            format!("the attribute generates no such method: it is one of `{}`", STARTS.join("`, `")),
        );
    }
    args.own.extend(names);
    Ok(())
});

/// The methods that are generated to start an actor of actix.
pub(crate) const STARTS: [&str; 4] = ["start", "start_default", "create", "start_in_arbiter"];

/// Reads the path of a framework's adapter: `ractor`, or `ractor = "::path"`.
fn adapter(key: &Ident, input: ParseStream<'_>, example: &str, default: Path) -> syn::Result<Path> {
    if input.peek(syn::Token![=]) { root(value(key, input, example, path)?) } else { Ok(default) }
}

const ACTOR: Table<Args> = Table {
    rows: &[
        NAME,
        MSG,
        HANDLER,
        RUN,
        START,
        SAMPLER,
        FANOUT_BUDGET,
        HOP_LIMIT,
        CRATE,
        LOCAL,
        SPAWN,
        ALLOW,
        MESSAGES,
    ],
    repeats: false,
    elsewhere: of_a_kind,
};

const DATA: Table<Args> = Table {
    rows: &[NAME, START, SAMPLER, FANOUT_BUDGET, HOP_LIMIT, CRATE, RACTOR, KAMEO, ACTIX],
    repeats: false,
    elsewhere: |key| match key {
        "msg" | "handler" | "run" | "local" | "spawn" | "allow" => {
            Some("it belongs to the actor, on its `impl` block: `#[traced_actor(..)] impl Actor { .. }`")
        }
        _ => of_a_kind(key),
    },
};

const FUNCTION: Table<Args> = Table {
    rows: &[NAME, MSG, START, SAMPLER, FANOUT_BUDGET, HOP_LIMIT, CRATE, ALLOW, MESSAGES],
    repeats: false,
    elsewhere: |key| match key {
        "handler" | "run" => Some(
            "it names one of several methods, on an `impl` block; to say what this function is, write \
             `#[traced(handler)]` or `#[traced(run)]` below the attribute",
        ),
        "local" | "spawn" => Some(
            "it belongs on an `impl` block; for a single function, no `Actor` impl is \
         generated",
        ),
        _ => of_a_kind(key),
    },
};

const TRAIT: Table<Args> = Table {
    rows: &[NAME, START, SAMPLER, FANOUT_BUDGET, HOP_LIMIT, CRATE, RACTOR, KAMEO, ACTIX, BY_TYPE, OWN],
    repeats: false,
    elsewhere: |key| match key {
        "msg" | "handler" | "run" | "local" | "spawn" | "allow" => Some(
            "it is for an `impl` block without a trait: the framework's trait says which method is the handler",
        ),
        _ => of_a_kind(key),
    },
};

fn of_a_kind(key: &str) -> Option<&'static str> {
    match key {
        "skip" | "sample" | "fanout" | "fanout_policy" | "fields" | "key" | "kind" | "link" | "index"
        | "since" => Some(
            "it belongs to one kind of message, below the attribute: `#[traced(..)]` on a variant or a \
             message struct",
        ),
        "ractor" => {
            Some("it belongs on ractor's own items: the message type, and `impl ractor::Actor for ..`")
        }
        "kameo" => Some(
            "it belongs to kameo's own items: on `impl kameo::Actor for ..` or above `#[derive(Actor)]`, and on \
             `impl kameo::message::Message<..> for ..`",
        ),
        "actix" => Some("it belongs on actix's own items: the message type, and `impl actix::Actor for ..`"),
        "by_type" => Some(
            "it belongs to an actor: `#[traced_actor(by_type(Message))] impl Actor { .. }`, or, for actix, \
             `#[traced_actor(actix, by_type)] impl Actor for ..`",
        ),
        "legacy" => Some("it belongs to an enum, below the attribute: `#[traced(legacy(..))]`"),
        _ => None,
    }
}

impl Args {
    pub(crate) fn parse(tokens: TokenStream, target: Target, errors: &Errors) -> Self {
        let table = match target {
            Target::Data => &DATA,
            Target::Function => &FUNCTION,
            Target::Impl | Target::Module => &ACTOR,
            Target::Trait => &TRAIT,
        };
        let mut args = Self::default();
        table::parse(tokens, table, &mut args, &mut Vec::new(), errors);
        one_start(args.start.as_ref(), args.sampler.as_ref(), errors);
        if let Some(spawn) = args.spawn.as_ref().filter(|_| args.local) {
            errors
                .at(spawn, "`local` generates no `impl Actor`, but `spawn` needs one: remove one of the two");
        }
        args
    }

    /// Generates the `Options` of an actor. If it has no name, it gets `default`, if there is one.
    //
    // Output: ::traced_actor::Options::new().name("Guild").start_never()
    pub(crate) fn options(&self, default: Option<&Ident>) -> TokenStream {
        let Self { root, .. } = self;
        let name = match (&self.name, default) {
            (Some(name), _) => Some(name.to_token_stream()),
            (None, Some(ident)) => Some(crate::types::plain(ident).to_token_stream()),
            (None, None) => None,
        }
        .map(|name| quote!(.name(#name)));
        let start = self.start.as_ref().map(|start| {
            let method = quote::format_ident!("start_{start}");
            quote!(.#method())
        });
        let sampler = self.sampler.as_ref().map(|path| quote!(.sampler(#path)));
        let budget = self.fanout_budget.as_ref().map(|n| quote!(.fanout_budget(#n)));
        let hops = self.hop_limit.as_ref().map(|n| quote!(.hop_limit(#n)));
        quote!(#root::Options::new() #name #start #sampler #budget #hops)
    }

    /// Returns whether any option affects tracing.
    pub(crate) fn has_options(&self) -> bool {
        self.name.is_some()
            || self.start.is_some()
            || self.sampler.is_some()
            || self.fanout_budget.is_some()
            || self.hop_limit.is_some()
    }
}

impl Default for Args {
    fn default() -> Self {
        Self {
            root: syn::parse_quote!(::traced_actor),
            name: None,
            msg: None,
            handler: None,
            run: None,
            local: false,
            spawn: None,
            may_lose: false,
            ractor: None,
            kameo: None,
            actix: None,
            by_type: false,
            messages: Vec::new(),
            own: Vec::new(),
            start: None,
            sampler: None,
            fanout_budget: None,
            hop_limit: None,
        }
    }
}

fn message(ty: Type) -> syn::Result<Type> {
    if crate::types::path(&ty).is_none() {
        return Err(syn::Error::new_spanned(
            ty,
            "expected the path of the message type: write `msg = Message`",
        ));
    }
    Ok(ty)
}

fn start(input: ParseStream<'_>) -> syn::Result<Ident> {
    const RULES: [&str; 3] = ["never", "always", "sampler"];
    let at = input.span();
    let rule = Ident::parse_any(input)?;
    if !RULES.iter().any(|known| rule == known) {
        return Err(syn::Error::new(at, "unknown rule"));
    }
    Ok(rule)
}

/// Reads `"::a::b"`, as serde writes it, or the bare path.
fn path(input: ParseStream<'_>) -> syn::Result<Path> {
    if input.peek(LitStr) {
        let text = input.parse::<LitStr>()?;
        return text.parse_with(Path::parse_mod_style);
    }
    input.call(Path::parse_mod_style)
}

/// Checks that a path is absolute.
///
/// Generated code may stand in any module, so a relative path would mean something else in each.
fn root(path: Path) -> syn::Result<Path> {
    let from_crate = path.segments.first().is_some_and(|first| first.ident == "crate");
    if path.leading_colon.is_none() && !from_crate {
        return Err(syn::Error::new_spanned(
            &path,
            "a relative path means something else in each module: write `crate = \"::path\"` or `crate = \"crate::path\"`",
        ));
    }
    Ok(path)
}

/// Checks that only one option says how a trace starts: a sampler, `never` or `always`.
fn one_start(start: Option<&Ident>, sampler: Option<&Path>, errors: &Errors) {
    if let (Some(start), Some(_)) = (start, sampler)
        && start != "sampler"
    {
        errors.at(
            start,
            format!("`start = {start}` leaves no decision to the `sampler`: remove one of the two"),
        );
    }
}
