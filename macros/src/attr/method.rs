//! `#[traced(..)]` on methods: what the macro cannot see.

use syn::{Attribute, Meta};

use crate::attr::table::{self, ACTOR_WIDE, Table, arguments};
use crate::errors::Errors;

/// What was said about a method.
#[derive(Clone)]
pub(crate) enum MethodAttr {
    Handler,
    Run,
    Skip,
}

const METHOD: Table<Option<MethodAttr>> = Table {
    rows: &[
        ("handler", |attr, _, _, _| {
            *attr = Some(MethodAttr::Handler);
            Ok(())
        }),
        ("run", |attr, _, _, _| {
            *attr = Some(MethodAttr::Run);
            Ok(())
        }),
        ("skip", |attr, _, _, _| {
            *attr = Some(MethodAttr::Skip);
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

impl MethodAttr {
    /// Reads the `#[traced(..)]` of a method: one word.
    pub(crate) fn parse(helpers: &[Attribute], errors: &Errors) -> Option<Self> {
        let mut attr = None;
        let mut seen = Vec::new();
        for helper in helpers {
            if let Meta::Path(path) = &helper.meta {
                errors.at(
                    path,
                    "say what this method is: `#[traced(handler)]`, `#[traced(run)]` or `#[traced(skip)]`",
                );
            }
            let Some(tokens) = arguments(helper, errors) else { continue };
            table::parse(tokens, &METHOD, &mut attr, &mut seen, errors);
        }
        if let [first, second, ..] = seen.as_slice()
            && first != second
        {
            errors.at(second, format!("`{first}` and `{second}` exclude each other"));
        }
        attr
    }
}
