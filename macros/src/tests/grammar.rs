//! The grammar of `fields(..)`.

use syn::parse::Parser;

use crate::fields::{self, Form};
use crate::types::text;

/// `name`, form and value of each field, or the error.
fn parse(fields: &str) -> Result<Vec<(String, Form, String)>, String> {
    let parsed = fields::parse.parse_str(fields).map_err(|error| error.to_string())?;
    Ok(parsed.into_iter().map(|field| (field.name.value(), field.form, text(&field.value))).collect())
}

#[track_caller]
fn check(fields: &str, name: &str, form: Form, value: &str) {
    assert_eq!(parse(fields).unwrap(), [(name.to_owned(), form, value.to_owned())]);
}

#[test]
fn shorthands() {
    check("channel", "channel", Form::Value, "channel");
    check("%user", "user", Form::Display, "user");
    check("?state", "state", Form::Debug, "state");
    check("user.id", "user.id", Form::Value, "user . id");
    check("%user.id", "user.id", Form::Display, "user . id");
    check("_0", "_0", Form::Value, "_0");
    check("r#type", "type", Form::Value, "r#type");
}

#[test]
fn named_values() {
    check("text_len = text.len()", "text_len", Form::Value, "text . len ()");
    check("user.id = id", "user.id", Form::Value, "id");
    check("x = %a + b", "x", Form::Display, "a + b");
    check("y = ?&z", "y", Form::Debug, "& z");
    check("type = kind", "type", Form::Value, "kind");
    check("\"http.route\" = route", "http.route", Form::Value, "route");
}

#[test]
fn lists() {
    let names: Vec<String> = parse("a, %b, c = f(1, 2),").unwrap().into_iter().map(|field| field.0).collect();
    assert_eq!(names, ["a", "b", "c"]);
}

#[test]
fn mistakes() {
    assert_eq!(parse("text.len()").unwrap_err(), "expected `,`, or `name = ` before an expression");
    assert_eq!(
        parse("3").unwrap_err(),
        "expected a field: `channel`, `%user`, `?state` or `text_len = text.len()`"
    );
    assert!(parse("x = ").is_err());
    assert!(parse("%").is_err());
}
