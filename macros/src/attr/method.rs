//! `#[traced(..)]` on methods: information that the macro cannot find.

use syn::{Attribute, Meta};

use crate::attr::table::{self, ACTOR_WIDE, Table, arguments};
use crate::errors::Errors;

/// The role that the attribute gives to a method.
#[derive(Clone)]
pub(crate) enum MethodAttr {
    Handler,
    Run,
    Skip,
}

/// The options of a method.
#[derive(Default)]
pub(crate) struct MethodOptions {
    pub(crate) attr: Option<MethodAttr>,
    /// Whether spawns in it may lose the trace.
    pub(crate) may_lose: bool,
}

const METHOD: Table<MethodOptions> = Table {
    rows: &[
        ("handler", |options, _, _, _| {
            options.attr = Some(MethodAttr::Handler);
            Ok(())
        }),
        ("run", |options, _, _, _| {
            options.attr = Some(MethodAttr::Run);
            Ok(())
        }),
        ("skip", |options, _, _, _| {
            options.attr = Some(MethodAttr::Skip);
            Ok(())
        }),
        ("allow", |options, key, input, _| {
            table::lost_context(key, input)?;
            options.may_lose = true;
            Ok(())
        }),
    ],
    repeats: false,
    elsewhere: |key| match key {
        "sample" | "fanout" | "fanout_policy" | "fields" | "key" | "kind" | "link" | "index" | "since" => {
            Some("it belongs to one kind of message: on a variant or a message struct")
        }
        _ if key == "name" || ACTOR_WIDE.contains(&key) => {
            Some("it belongs to the actor as a whole: `#[traced_actor(..)]`")
        }
        _ => None,
    },
};

impl MethodOptions {
    /// Reads the `#[traced(..)]` of a method.
    pub(crate) fn parse(helpers: &[Attribute], errors: &Errors) -> Self {
        let mut options = Self::default();
        let mut seen = Vec::new();
        for helper in helpers {
            if let Meta::Path(path) = &helper.meta {
                errors.at(
                    path,
                    "say what this method is: `#[traced(handler)]`, `#[traced(run)]` or `#[traced(skip)]`",
                );
            }
            let Some(tokens) = arguments(helper, errors) else { continue };
            table::parse(tokens, &METHOD, &mut options, &mut seen, errors);
        }
        seen.retain(|key| key != "allow");
        if let [first, second, ..] = seen.as_slice()
            && first != second
        {
            errors.at(second, format!("`{first}` and `{second}` cannot be combined: remove one of the two"));
        }
        options
    }
}
