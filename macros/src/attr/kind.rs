//! `#[traced(..)]` on variants and message structs.

use proc_macro2::Literal;
use quote::quote;
use syn::parse::{Parse, ParseStream};
use syn::{Attribute, Expr, Ident, Lit, LitStr, Path, Token};

use crate::attr::fields::{self, Field};
use crate::attr::legacy::IN_LEGACY;
use crate::attr::table::{self, ACTOR_WIDE, Number, Row, Table, arguments, index, name, schema, value};
use crate::errors::Errors;

/// The options of one kind of message.
#[derive(Default)]
pub(crate) struct KindOptions {
    /// Whether there is a `#[traced]`, even an empty one.
    pub(crate) present: bool,
    pub(crate) skip: Option<Ident>,
    pub(crate) link: Option<Ident>,
    pub(crate) name: Option<LitStr>,
    pub(crate) sample: Option<Sample>,
    pub(crate) fanout: Option<Expr>,
    /// `discord`, or the path of a function.
    pub(crate) fanout_policy: Option<Path>,
    pub(crate) key: Option<Expr>,
    /// The field of a struct that determines the kind of the message.
    pub(crate) kind: Option<Expr>,
    pub(crate) fields: Vec<Field>,
    /// The variant's number on the wire. `since` is the first schema that has it.
    pub(crate) index: Option<Number>,
    pub(crate) since: Option<Number>,
    /// The keys as written, for errors.
    pub(crate) keys: Vec<Ident>,
}

pub(crate) enum Sample {
    Ratio(Literal),
    Always,
    Never,
    Sampler(Path),
}

const SKIP: Row<KindOptions> = ("skip", |kind, key, _, _| {
    kind.skip = Some(key.clone());
    Ok(())
});

const LINK: Row<KindOptions> = ("link", |kind, key, _, _| {
    kind.link = Some(key.clone());
    Ok(())
});

const NAME: Row<KindOptions> = ("name", |kind, key, input, _| {
    kind.name = Some(value(key, input, r#"name = "Post""#, name)?);
    Ok(())
});

const SAMPLE: Row<KindOptions> = ("sample", |kind, key, input, _| {
    kind.sample = Some(value(key, input, "sample = 0.01", ratio_or_path)??);
    Ok(())
});

const FANOUT: Row<KindOptions> = ("fanout", |kind, key, input, _| {
    kind.fanout = Some(value(key, input, "fanout = recipients.len()", expression)?);
    Ok(())
});

const FANOUT_POLICY: Row<KindOptions> = ("fanout_policy", |kind, key, input, _| {
    let example = "fanout_policy = discord` or `fanout_policy = path::to::function";
    kind.fanout_policy = Some(value(key, input, example, Path::parse)?);
    Ok(())
});

const KEY: Row<KindOptions> = ("key", |kind, key, input, _| {
    kind.key = Some(value(key, input, "key = user", expression)?);
    Ok(())
});

const KIND: Row<KindOptions> = ("kind", |kind, key, input, _| {
    kind.kind = Some(value(key, input, "kind = command", expression)?);
    Ok(())
});

const INDEX: Row<KindOptions> = ("index", |kind, key, input, _| {
    kind.index = Some(value(key, input, "index = 5", index)?);
    Ok(())
});

const SINCE: Row<KindOptions> = ("since", |kind, key, input, _| {
    kind.since = Some(value(key, input, "since = 1", schema)?);
    Ok(())
});

const FIELDS: Row<KindOptions> = ("fields", |kind, key, input, _| {
    kind.fields = fields_list(key, input)?;
    Ok(())
});

const VARIANT: Table<KindOptions> = Table {
    rows: &[SKIP, NAME, SAMPLE, FANOUT, FANOUT_POLICY, FIELDS, KEY, LINK, INDEX, SINCE],
    repeats: false,
    elsewhere: |key| match key {
        "legacy" => Some("it belongs on the enum, because it stays when its variant is replaced"),
        "until" | "upgrade" | "downgrade" => Some(IN_LEGACY),
        "kind" => Some("a variant is a kind itself; a struct can take its kind from a field"),
        _ => of_the_actor(key),
    },
};

const STRUCT: Table<KindOptions> = Table {
    rows: &[SKIP, NAME, SAMPLE, FANOUT, FANOUT_POLICY, FIELDS, KEY, KIND, LINK],
    repeats: false,
    elsewhere: |key| match key {
        "index" | "since" | "legacy" => Some(
            "a struct has no variants; serde's `default` and `alias` read its older shapes, or make it a variant of \
             an enum",
        ),
        _ => of_the_actor(key),
    },
};

fn of_the_actor(key: &str) -> Option<&'static str> {
    match key {
        "handler" | "run" => Some("it belongs on a method of the actor's `impl` block"),
        _ if ACTOR_WIDE.contains(&key) => Some("it belongs to the actor as a whole: `#[traced_actor(..)]`"),
        _ => None,
    }
}

impl KindOptions {
    /// Reads all `#[traced(..)]` of one variant. Several are combined.
    pub(crate) fn of_variant(helpers: &[Attribute], errors: &Errors) -> Self {
        Self::parse(helpers, &VARIANT, errors)
    }

    /// Reads all `#[traced(..)]` of a struct, like [`of_variant`](Self::of_variant).
    pub(crate) fn of_struct(helpers: &[Attribute], errors: &Errors) -> Self {
        Self::parse(helpers, &STRUCT, errors)
    }

    fn parse(helpers: &[Attribute], table: &Table<Self>, errors: &Errors) -> Self {
        let mut kind = Self { present: !helpers.is_empty(), ..Self::default() };
        let mut seen = Vec::new();
        for tokens in helpers.iter().filter_map(|helper| arguments(helper, errors)) {
            table::parse(tokens, table, &mut kind, &mut seen, errors);
        }
        kind.keys = seen;
        kind
    }
}

/// Reads `fields(..)` after its key.
fn fields_list(key: &Ident, input: ParseStream<'_>) -> syn::Result<Vec<Field>> {
    let example = "fields(channel, %user, text_len = text.len())";
    let content = table::parenthesized(key, input, format_args!("`fields` takes a list: write `{example}`"))?;
    if content.is_empty() {
        let message = format!("`fields` records nothing: write `{example}`");
        return Err(syn::Error::new(key.span(), message));
    }
    content.call(fields::parse).inspect_err(|_| {
        // The rest of the list is not a second error.
        let _ = content.parse::<proc_macro2::TokenStream>();
    })
}

fn expression(input: ParseStream<'_>) -> syn::Result<Expr> {
    input.parse()
}

/// Reads `0.01`, `always`, `never`, or the path of a function.
///
/// The outer result is an error for a value of another type. The inner one is an error for a ratio out of range.
fn ratio_or_path(input: ParseStream<'_>) -> syn::Result<syn::Result<Sample>> {
    if input.peek(Lit) || input.peek(Token![-]) {
        let minus = input.parse::<Option<Token![-]>>()?;
        let literal = input.parse::<Lit>()?;
        let ratio = match &literal {
            Lit::Float(number) => number.base10_parse::<f64>()?,
            Lit::Int(number) => number.base10_parse::<f64>()?,
            _ => return Err(syn::Error::new(literal.span(), "not a number")),
        };
        if minus.is_some() || !(0.0..=1.0).contains(&ratio) {
            let wrong = quote!(#minus #literal);
            let message = "a sampling ratio lies between 0.0 and 1.0: `sample = 0.01` keeps one in a hundred";
            return Ok(Err(syn::Error::new_spanned(wrong, message)));
        }
        let mut ratio = Literal::f64_unsuffixed(ratio);
        ratio.set_span(literal.span());
        return Ok(Ok(Sample::Ratio(ratio)));
    }
    let path = input.parse::<Path>()?;
    Ok(Ok(if path.is_ident("always") {
        Sample::Always
    } else if path.is_ident("never") {
        Sample::Never
    } else {
        Sample::Sampler(path)
    }))
}
